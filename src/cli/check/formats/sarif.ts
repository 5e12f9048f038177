import type { Location, Log, Notification, ReportingDescriptor, Result } from 'sarif';
import { docsUrl, ruleUrl } from '../../../docs.ts';
import { RULES, type RuleId } from '../../../rules/index.ts';
import type { Policy } from '../../../rules/policy/policy.ts';
import { oneLine } from '../../../text/line.ts';
import { VERSION } from '../../../version.ts';
import { pageMarkdown, sectionText } from '../../shared/pageText.ts';
import { type CheckReport, findingsOf, type LeveledFinding } from '../checkReport.ts';
import { fingerprints, objectName, repositoryPath } from './place.ts';

/** What a rule is, for the pages that a viewer shows beside its findings. */
function descriptor(id: RuleId, level: 'deny' | 'warn', page: string | undefined): ReportingDescriptor {
  const { summary } = RULES[id];
  return {
    id,
    name: id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: summary },
    fullDescription: { text: page === undefined ? summary : sectionText(page, 'Why') },
    help:
      page === undefined
        ? { text: `${summary} ${ruleUrl(id)}` }
        : { text: sectionText(page, 'What to do'), markdown: pageMarkdown(page) },
    helpUri: ruleUrl(id),
    defaultConfiguration: { level: level === 'deny' ? 'error' : 'warning' },
  };
}

/** A place in a file; a path is relative to the working directory, which is the root of the checkout. */
function locationOf(file: string, line: number | undefined, column: number | undefined): Location {
  const uri = repositoryPath(file).toWellFormed().split('/').map(encodeURIComponent).join('/');
  return {
    physicalLocation: {
      artifactLocation: { uri },
      ...(line !== undefined && { region: { startLine: line, startColumn: column ?? 1 } }),
    },
  };
}

function result(finding: LeveledFinding, fingerprint: string, ruleIndex: number): Result {
  const { rule, level, item, line, column, field, message } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: `${oneLine(field)}: ${message}` },
    locations: [
      {
        ...(item.file !== undefined && locationOf(item.file, line, column)),
        logicalLocations: [
          { name: oneLine(item.name), fullyQualifiedName: objectName(item), kind: 'resource' },
        ],
      },
    ],
    partialFingerprints: { 'vmcpAdmission/v1': fingerprint },
  };
}

/** A SARIF 2.1.0 log, as GitHub's code scanning takes it; there is one also when nothing was found. */
export function sarifFormat(report: CheckReport, policy: Policy, pages: ReadonlyMap<string, string>): string {
  const rules = Object.entries(policy.levels).flatMap(([id, level]) =>
    level === 'off' ? [] : [descriptor(id as RuleId, level, pages.get(id))],
  );
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const findings = findingsOf(report);
  const ids = fingerprints(findings);
  const notifications = report.problems.map(
    ({ file, line, column, message }): Notification => ({
      level: 'error',
      message: { text: message },
      locations: [locationOf(file, line, column)],
    }),
  );
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'vmcp-admission', semanticVersion: VERSION, informationUri: docsUrl(''), rules },
        },
        automationDetails: { id: 'vmcp-admission/' },
        columnKind: 'utf16CodeUnits',
        invocations: [
          { executionSuccessful: notifications.length === 0, toolExecutionNotifications: notifications },
        ],
        results: findings.map((one, index) => result(one, ids[index] ?? '', indexes.get(one.rule) ?? -1)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
