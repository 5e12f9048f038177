import { oneLine } from '../../../text/line.ts';
import { type CheckReport, findingsOf, type LeveledFinding } from '../checkReport.ts';
import { objectName, placePrefix, repositoryPath } from './place.ts';
import { summary } from './text.ts';

/** More rows than a person reads; a summary of GitHub may have 1 MiB. */
const MAX_ROWS = 200;

/** A text as Markdown shows it as it is, also in a table. */
function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]|~#]/g, '\\$&');
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '';
  const more = rows.length - MAX_ROWS;
  const rest = more > 0 ? `\n${more} more rows are not shown.\n` : '';
  return `\n${row(...head)}${row(...head.map(() => '---'))}${rows.slice(0, MAX_ROWS).join('')}${rest}`;
}

function findingRow(finding: LeveledFinding): string {
  const { item, level, field, message, rule, docs } = finding;
  const file = item.file === undefined ? undefined : repositoryPath(item.file);
  return row(
    level,
    escapeMarkdown(objectName(item)),
    escapeMarkdown(placePrefix(file, finding).trimEnd() || 'cluster'),
    `${escapeMarkdown(field)}: ${escapeMarkdown(message)}`,
    `[${rule}](${docs})`,
  );
}

/** A summary in Markdown, for the summary of a job or a comment on a merge request. */
export function markdownFormat(report: CheckReport): string {
  const findings = findingsOf(report).map(findingRow);
  const problems = report.problems.map(({ file, line, message }) =>
    row(
      `${escapeMarkdown(repositoryPath(file))}${line === undefined ? '' : `:${line}`}`,
      escapeMarkdown(message),
    ),
  );
  const head = `## vmcp-admission check\n${report.items.length === 0 ? '' : `\n${summary(report)}\n`}`;
  return `${head}${table(['Level', 'Object', 'Place', 'Finding', 'Rule'], findings)}${table(['Not judged', 'Why'], problems)}`;
}
