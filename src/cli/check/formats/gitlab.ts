import { createHash } from 'node:crypto';
import { oneLine } from '../../../text/line.ts';
import { type CheckReport, findingsOf } from '../checkReport.ts';
import { fingerprints, pathOf, repositoryPath } from './place.ts';

/** An issue of GitLab's code quality report. Source: docs.gitlab.com, ci/testing/code_quality. */
interface Issue {
  readonly type: 'issue';
  readonly check_name: string;
  readonly description: string;
  readonly categories: readonly ['Bug Risk'];
  readonly severity: 'blocker' | 'major' | 'minor';
  readonly fingerprint: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

function locationOf(path: string, line: number | undefined): Issue['location'] {
  return { path, lines: { begin: line ?? 1 } };
}

/** A code quality report for GitLab. */
export function gitlabFormat(report: CheckReport): string {
  const findings = findingsOf(report);
  const ids = fingerprints(findings);
  const issues = findings.map(
    ({ item, level, line, rule, field, message }, index): Issue => ({
      type: 'issue',
      check_name: rule,
      description: `${oneLine(field)}: ${message}`,
      categories: ['Bug Risk'],
      severity: level === 'error' ? 'major' : 'minor',
      fingerprint: ids[index] ?? '',
      location: locationOf(pathOf(item), line),
    }),
  );
  const problems = report.problems.map(
    ({ file, line, message }, index): Issue => ({
      type: 'issue',
      check_name: 'not-judged',
      description: message,
      categories: ['Bug Risk'],
      severity: 'blocker',
      fingerprint: createHash('sha256')
        .update(JSON.stringify([repositoryPath(file), message, index]))
        .digest('hex'),
      location: locationOf(repositoryPath(file), line),
    }),
  );
  return `${JSON.stringify([...issues, ...problems], null, 2)}\n`;
}
