import type { CheckItem, CheckReport, ItemFinding } from '../cli/check/checkReport.ts';
import { summary } from '../cli/check/formats/text.ts';
import type { Remark } from './editor.ts';
import { button, element } from './elements.ts';
import { rulePage } from './samples.ts';

/** What a finding leads to. */
export interface FindingActions {
  goTo(line: number, column: number): void;
  showRule(rule: string): void;
}

/** The places of everything that a report says. */
export function remarksOf({ items, problems }: CheckReport): Remark[] {
  const remark = (
    severity: Remark['severity'],
    { line = 1, column = 1, message, field, rule }: ItemFinding,
  ) => ({
    ...{ line, column, severity, message: `${field}: ${message} [${rule}]` },
  });
  return [
    ...problems.map(({ line = 1, column = 1, message }) => ({
      line,
      column,
      message,
      severity: 'error' as const,
    })),
    ...items.flatMap(({ causes, warnings }) => [
      ...causes.map((cause) => remark('error', cause)),
      ...warnings.map((warning) => remark('warning', warning)),
    ]),
  ];
}

/** The last line of what `check` prints, or why there is none. */
export function summaryOf(report: CheckReport): string {
  if (report.items.length > 0) return summary(report);
  return report.problems[0]?.message ?? '';
}

function placeButton(line: number, column: number, { goTo }: FindingActions): HTMLButtonElement {
  const place = `${line}:${column}`;
  return button({ class: 'place', 'aria-label': `Go to ${place}` }, place, () => goTo(line, column));
}

function findingItem(
  level: 'error' | 'warning',
  finding: ItemFinding,
  actions: FindingActions,
): HTMLLIElement {
  const { line = 1, column = 1, field, message, rule } = finding;
  return element(
    'li',
    {},
    placeButton(line, column, actions),
    ' ',
    element('span', { class: level === 'error' ? 'term-bad' : 'term-warn' }, level),
    ` ${field}: ${message} `,
    button({ class: 'rule' }, rule, () => actions.showRule(rule)),
  );
}

function objectSection(item: CheckItem, actions: FindingActions): HTMLElement {
  const verdict = item.allowed
    ? element('span', { class: 'term-warn' }, 'allowed with warnings')
    : element('span', { class: 'term-bad' }, 'denied');
  return element(
    'section',
    {},
    element('h2', {}, `${item.kind} ${item.namespace}/${item.name} `, verdict),
    element(
      'ul',
      {},
      ...item.causes.map((cause) => findingItem('error', cause, actions)),
      ...item.warnings.map((warning) => findingItem('warning', warning, actions)),
    ),
  );
}

function problemsSection({ problems }: CheckReport, actions: FindingActions): HTMLElement[] {
  if (problems.length === 0) return [];
  const items = problems.map(({ line = 1, column = 1, message }) =>
    element('li', {}, placeButton(line, column, actions), ` ${message}`),
  );
  return [element('section', {}, element('h2', {}, 'Cannot be judged'), element('ul', {}, ...items))];
}

/** Shows a report: what could not be judged, then each object about which something is said. */
export function showFindings(panel: HTMLElement, report: CheckReport, actions: FindingActions): void {
  const told = report.items.filter(({ causes, warnings }) => causes.length + warnings.length > 0);
  panel.replaceChildren(
    ...problemsSection(report, actions),
    ...told.map((item) => objectSection(item, actions)),
    ...(told.length + report.problems.length === 0 ? [element('p', {}, 'No rule has anything to say.')] : []),
  );
}

/** The rules of a report, the worst first. */
export function rulesOf({ items }: CheckReport): string[] {
  const causes = items.flatMap((item) => item.causes.map(({ rule }) => rule));
  return [...causes, ...items.flatMap((item) => item.warnings.map(({ rule }) => rule))];
}

/** Shows the page of a rule beside the findings. The page is a part of this site, made when the site was built. */
export async function showRulePage(panel: HTMLElement, rule: string | undefined): Promise<void> {
  if (panel.dataset.rule === rule) return;
  if (rule === undefined) delete panel.dataset.rule;
  else panel.dataset.rule = rule;
  const html = rule === undefined ? '' : ((await rulePage(rule)) ?? '');
  if (panel.dataset.rule === rule) panel.innerHTML = html;
}
