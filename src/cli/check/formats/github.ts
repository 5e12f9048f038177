import { oneLine } from '../../../text/line.ts';
import { type CheckReport, findingsOf } from '../checkReport.ts';
import { objectName, repositoryPath } from './place.ts';

/** Source: toolkit/packages/core/src/command.ts of GitHub's actions. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

interface Annotation {
  readonly level: 'error' | 'warning';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly title: string;
  readonly message: string;
}

/** A workflow command that makes GitHub Actions show a message at a line of a file. */
function command({ level, file, line, column, title, message }: Annotation): string {
  const properties = {
    file: file === undefined ? undefined : repositoryPath(file),
    line,
    col: column,
    title,
  };
  const written = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(oneLine(String(value)))}`);
  return `::${level} ${written.join(',')}::${escapeData(message)}\n`;
}

/** Annotations of GitHub Actions: an error or a warning for each finding, an error for what was not judged. */
export function githubFormat(report: CheckReport): string {
  const findings = findingsOf(report).map(({ item, level, line, column, rule, field, message, docs }) =>
    command({
      level,
      file: item.file,
      line,
      column,
      title: rule,
      message: `${item.file === undefined ? `${objectName(item)} ` : ''}${oneLine(field)}: ${message}\n${docs}`,
    }),
  );
  const problems = report.problems.map((problem) =>
    command({ level: 'error', title: 'not judged', ...problem }),
  );
  return [...findings, ...problems].join('');
}
