import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import fc from 'fast-check';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { CheckReport } from '../../../../../src/cli/check/checkReport.ts';
import { FORMATS } from '../../../../../src/cli/check/formats/formats.ts';
import { readPages } from '../../../../../src/cli/shared/rulePages.ts';
import { RULE_IDS } from '../../../../../src/rules/index.ts';
import { defaultPolicy } from '../../../../../src/rules/policy/policy.ts';
import { BROKEN, CLEAN, DENIED, entry, HOSTILE, reportOn, reportOnStored, STRANGE } from './support.ts';

const context = { policy: defaultPolicy(), colour: false, pages: await readPages() };

function print(name: string, report: CheckReport): string {
  return FORMATS[name]!(report, context);
}

const REPORTS = {
  clean: await reportOn(CLEAN),
  denied: await reportOn(DENIED),
  broken: await reportOn(BROKEN),
  strange: await reportOn(STRANGE),
  stored: await reportOnStored(
    `${Object.values(DENIED).join('---\n')}---\n${entry(HOSTILE, 'http://127.0.0.1/')}`,
  ),
  empty: await reportOn({ 'other.yaml': 'apiVersion: v1\nkind: ConfigMap\n' }),
};
const reports = Object.entries(REPORTS);

/** The lines that a person reads: nothing in them may start a new line or an escape sequence of a terminal. */
it.each(Object.keys(FORMATS))('%s has no control characters of the input', (name) => {
  const text = print(name, REPORTS.strange);
  expect(text).toMatch(/^[^\p{Cc}]*$/mu);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
});

describe('text', () => {
  it('names the place of each finding so that a terminal makes a link of it', () => {
    const lines = print('text', REPORTS.denied).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'MCPServerEntry apps/wiki denied',
      expect.stringMatching(
        /^ {2}dir with space\/bad\.yaml:5:3 error spec\.remoteUrl: Invalid value: .* \[remote-url-blocked-address\]$/,
      ),
      expect.stringMatching(
        /^ {2}dir with space\/bad\.yaml:8:3 warning spec\.headersForward: .* \[unknown-field\]$/,
      ),
      'MCPServerEntry apps/docs warning',
      expect.stringMatching(/^ {2}dir with space\/bad\.yaml:17:3 warning /),
    ]);
    expect(lines[5]).toBe('3 objects checked: 1 denied, 1 allowed with warnings, 1 clean');
  });

  it('has no summary when nothing was judged', () => {
    expect(print('text', REPORTS.empty)).toBe('');
  });
});

describe('json', () => {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../../../schemas/check-output.schema.json'), 'utf8'),
  ) as AnySchemaObject;

  it.each(reports)('is as its schema says, and has nothing that the schema does not: %s', (_, report) => {
    const closed = structuredClone(schema);
    for (const type of Object.values(closed.definitions as Record<string, AnySchemaObject>))
      type.additionalProperties = false;
    for (const one of [schema, closed]) {
      const ajv = new Ajv({ allErrors: true });
      expect(ajv.validate(one, JSON.parse(print('json', report))), ajv.errorsText()).toBe(true);
    }
  });
});

describe('sarif', () => {
  const logOf = (report: CheckReport) => JSON.parse(print('sarif', report)) as Log;

  it.each(reports)('has what GitHub needs of rules and places: %s', (_, report) => {
    const [run] = logOf(report).runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(RULE_IDS);
    for (const { fullDescription, help, helpUri } of rules) {
      expect(fullDescription?.text.length).toBeGreaterThan(20);
      expect(help?.text.length).toBeGreaterThan(5);
      expect(help?.markdown).toContain('## What to do');
      expect(help?.markdown).not.toMatch(/<!--|\]\((?!https?:)/);
      expect(helpUri).toMatch(/^https:\/\/.*\/docs\/rules\/[a-z0-9-]+\.md$/);
    }
    for (const { ruleId, ruleIndex, locations } of run?.results ?? []) {
      expect(rules[ruleIndex ?? -1]?.id).toBe(ruleId);
      if (report === REPORTS.stored) continue;
      const { artifactLocation, region } = locations?.[0]?.physicalLocation ?? {};
      expect(artifactLocation?.uri).toMatch(/^(?![a-z]+:|\/)[\w.!~*'()%/-]+$/i);
      expect(region?.startLine).toBeGreaterThan(0);
      expect(region?.startColumn).toBeGreaterThan(0);
    }
  });

  it('is written also when nothing was found, and says whether everything was judged', () => {
    const runOf = (report: CheckReport) => logOf(report).runs[0];
    expect(runOf(REPORTS.clean)).toMatchObject({ results: [], invocations: [{ executionSuccessful: true }] });
    for (const report of [REPORTS.broken, REPORTS.empty])
      expect(runOf(report)).toMatchObject({
        invocations: [{ executionSuccessful: false, toolExecutionNotifications: [{ level: 'error' }] }],
      });
  });

  it('has a place for each finding', () => {
    const results = logOf(REPORTS.denied).runs[0]?.results;
    expect(results?.[0]).toMatchObject({
      ruleId: 'remote-url-blocked-address',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'dir%20with%20space/bad.yaml' },
            region: { startLine: 5, startColumn: 3 },
          },
        },
      ],
    });
  });
});

describe('junit', () => {
  const schema = readFileSync(join(import.meta.dirname, 'junit.xsd'), 'utf8');

  it.each(reports)('is valid: %s', async (_, report) => {
    const xml = [{ fileName: 'report.xml', contents: print('junit', report) }];
    const { valid, rawOutput } = await validateXML({ xml, schema: [schema] });
    expect(valid, rawOutput).toBe(true);
  });

  it('is valid for any name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (name) => {
        const report = await reportOn({ 'a.yaml': entry(name + HOSTILE, 'http://127.0.0.1/') });
        const xml = [{ fileName: 'report.xml', contents: print('junit', report) }];
        expect((await validateXML({ xml, schema: [schema] })).valid).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('counts what it has', () => {
    const xml = print('junit', REPORTS.broken);
    expect(xml).toContain('<testsuites name="vmcp-admission check" tests="4" failures="1" errors="1">');
    const count = (element: string) => xml.split(`<${element} `).length - 1;
    expect([count('testcase'), count('failure'), count('error')]).toEqual([4, 1, 1]);
  });
});

/** A workflow command as GitHub's runner reads it: up to the second `::`, then the message. */
function readCommand(line: string) {
  const [, level, properties = '', message = ''] = /^::(\w+) ([^:]*)::(.*)$/.exec(line) ?? [];
  const text = (escaped: string) =>
    escaped
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%25', '%');
  const pairs = properties
    .split(',')
    .map((pair) => [pair.split('=', 1)[0], text(pair.slice(pair.indexOf('=') + 1))]);
  return { level, ...Object.fromEntries(pairs), message: text(message) };
}

describe('github', () => {
  it.each(reports)('is one workflow command on a line: %s', (_, report) => {
    const lines = print('github', report).split('\n').slice(0, -1);
    const findings = report.items.reduce(
      (sum, { causes, warnings }) => sum + causes.length + warnings.length,
      0,
    );
    expect(lines).toHaveLength(findings + report.problems.length);
    for (const line of lines)
      expect(readCommand(line)).toMatchObject({ level: expect.stringMatching(/^(error|warning)$/) });
  });

  it('names file, line, column and rule, whatever is in them', () => {
    const commands = print('github', REPORTS.strange).split('\n').map(readCommand);
    expect(commands[0]).toMatchObject({
      level: 'error',
      file: expect.stringMatching(/^odd a,b:c%d\|e`.*\.yaml$/),
      line: '5',
      col: '3',
      title: 'remote-url-blocked-address',
    });
    expect(commands.find(({ file }) => file === 'stdin')).toBeDefined();
  });
});

describe('an object of a live cluster', () => {
  it.each([
    ['text', /^ {2}error spec\.remoteUrl: /m],
    ['github', /^::error title=remote-url-blocked-address::MCPServerEntry apps\/wiki spec\.remoteUrl: /m],
    ['markdown', /^\| error \| MCPServerEntry apps\/wiki \| cluster \| spec\.remoteUrl: /m],
    ['gitlab', /"path": "cluster\/apps\/MCPServerEntry\/wiki"/],
    ['junit', /<testsuite name="cluster\/apps" /],
    ['sarif', /"locations": \[\s*\{\s*"logicalLocations": \[\s*\{\s*"name": "wiki"/],
  ])('is named where there is no file: %s', (name, line) => {
    expect(print(name, REPORTS.stored)).toMatch(line);
  });
});

describe('gitlab', () => {
  const issuesOf = (report: CheckReport) =>
    JSON.parse(print('gitlab', report)) as {
      fingerprint: string;
      severity: string;
      location: { path: string; lines: { begin: number } };
    }[];

  it.each(reports)('has what GitLab needs: %s', (_, report) => {
    const issues = issuesOf(report);
    for (const { severity, location } of issues) {
      expect(['minor', 'major', 'blocker']).toContain(severity);
      expect(location.path).not.toMatch(/^\.?\//);
      expect(location.lines.begin).toBeGreaterThan(0);
    }
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
  });

  it('keeps fingerprints when lines come in above', async () => {
    const moved = await reportOn({
      'dir with space/bad.yaml': `# a\n# b\n${DENIED['dir with space/bad.yaml']}`,
      'team.yaml': CLEAN['team.yaml'],
    });
    const ids = (report: CheckReport) => issuesOf(report).map(({ fingerprint }) => fingerprint);
    expect(ids(moved)).toEqual(ids(REPORTS.denied));
    expect(issuesOf(moved)[0]?.location.lines.begin).toBe(7);
  });
});

describe('markdown', () => {
  it('has as many cells in each row as the head has, whatever is in them', () => {
    const rows = print('markdown', REPORTS.strange)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const cells = (row: string) => row.replaceAll(/\\./g, '').split('|').length;
    expect(rows.length).toBeGreaterThan(4);
    expect(new Set(rows.map(cells))).toEqual(new Set([7]));
    expect(rows.join('')).not.toContain('<i>');
  });

  it('sums up, and says what was not judged', () => {
    const text = print('markdown', REPORTS.broken);
    expect(text).toContain('3 objects checked: 1 denied, 1 allowed with warnings, 1 clean');
    expect(text).toMatch(/^\| broken\.yaml:\d+ \| is not usable YAML: /m);
  });
});
