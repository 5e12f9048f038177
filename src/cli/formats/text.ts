import { oneLine } from '../../text.ts';
import type { CheckItem, CheckReport } from '../checkReport.ts';
import { painter } from '../stdio.ts';

type Paint = ReturnType<typeof painter>;

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** An object that something is said about: a line for it, and one for each finding. */
function objectLines(item: CheckItem, paint: Paint): string[] {
  const verdict = item.allowed ? paint('yellow', 'warning') : paint('red', 'denied');
  const where = oneLine(`${item.file}, document ${item.document}`);
  const name = oneLine(`${item.kind} ${item.namespace}/${item.name}`);
  return [
    `${paint('bold', name)} ${verdict} ${paint('dim', `(${where})`)}`,
    ...item.causes.map(
      ({ field, message, rule }) =>
        `  ${paint('red', 'error')}   ${oneLine(field)}: ${message} ${paint('dim', `[${rule}]`)}`,
    ),
    ...item.warnings.map(
      ({ field, message, rule }) =>
        `  ${paint('yellow', 'warning')} ${oneLine(field)}: ${message} ${paint('dim', `[${rule}]`)}`,
    ),
  ];
}

/** How many objects have which verdict. */
function summaryLines(items: readonly CheckItem[], paint: Paint): string[] {
  const denied = items.filter(({ allowed }) => !allowed).length;
  const warned = items.filter(({ allowed, warnings }) => allowed && warnings.length > 0).length;
  const sum = `${plural(items.length, 'object')} checked: ${denied} denied, ${warned} allowed with warnings, ${items.length - denied - warned} clean`;
  const lines = [paint(denied > 0 ? 'red' : 'green', sum)];
  if (denied + warned > 0) lines.push(paint('dim', 'What a rule means: vmcp-admission explain RULE'));
  return lines;
}

/** The report for a person. There is no summary when nothing was judged or a whole file is missing in it. */
export function textFormat({ items, problems }: CheckReport, colour: boolean): string {
  const paint = painter(colour);
  const told = items.filter(({ allowed, warnings }) => !allowed || warnings.length > 0);
  const lines = told.flatMap((item) => objectLines(item, paint));
  const whole = items.length > 0 && !problems.some(({ line }) => line === undefined);
  if (whole) lines.push(...summaryLines(items, paint));
  return lines.map((line) => `${line}\n`).join('');
}
