import { counted, oneLine } from '../../../text/line.ts';
import { painter } from '../../shared/stdio.ts';
import { type CheckItem, type CheckReport, countVerdicts, type ItemFinding } from '../checkReport.ts';
import { objectName, placePrefix } from './place.ts';

type Paint = ReturnType<typeof painter>;

/** A finding behind its place, which terminals and editors make a link of. */
function findingLine(file: string | undefined, level: string, finding: ItemFinding, paint: Paint): string {
  const { field, message, rule } = finding;
  return `  ${placePrefix(file, finding)}${level} ${oneLine(field)}: ${message} ${paint('dim', `[${rule}]`)}`;
}

/** An object that something is said about: a line for it, and one for each finding. */
function objectLines(item: CheckItem, paint: Paint): string[] {
  const { file, allowed, causes, warnings } = item;
  const verdict = allowed ? paint('yellow', 'warning') : paint('red', 'denied');
  return [
    `${paint('bold', objectName(item))} ${verdict}${item.scope === undefined ? '' : ` (scope ${item.scope})`}`,
    ...causes.map((cause) => findingLine(file, paint('red', 'error'), cause, paint)),
    ...warnings.map((warning) => findingLine(file, paint('yellow', 'warning'), warning, paint)),
  ];
}

/** `6 objects checked: 1 denied, 0 allowed with warnings, 5 clean`. */
export function summary(report: CheckReport): string {
  const { denied, warned, clean } = countVerdicts(report);
  const count = report.items.length;
  return `${counted(count, 'object')} checked: ${denied} denied, ${warned} allowed with warnings, ${clean} clean`;
}

/** The report for a person. There is no summary if a whole input could not be judged: it would look complete. */
export function textFormat(report: CheckReport, colour: boolean): string {
  const paint = painter(colour);
  const told = report.items.filter(({ allowed, warnings }) => !allowed || warnings.length > 0);
  const lines = told.flatMap((item) => objectLines(item, paint));
  if (report.problems.every(({ line }) => line !== undefined) && report.items.length > 0)
    lines.push(paint(countVerdicts(report).denied > 0 ? 'red' : 'green', summary(report)));
  if (told.length > 0) lines.push(paint('dim', 'What a rule means: vmcp-admission explain RULE'));
  return lines.map((line) => `${line}\n`).join('');
}
