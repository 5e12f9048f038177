import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { injectText, unifiedDiff } from '../../../../src/cli/inject/injectReport.ts';
import { cli } from '../../../support/cli.ts';

const FIXTURES = join(import.meta.dirname, '../../injection/fixtures');

const inject = (...words: readonly string[]) => cli(['inject', ...words]);

function fixture(name: string): string {
  return join(FIXTURES, name, 'input.yaml');
}

describe('vmcp-admission inject', () => {
  it('prints the mutated Pods as YAML and the report as a table on standard error', async () => {
    const { code, stdout, stderr } = await inject('-f', fixture('mixed-group'));
    expect(code).toBe(0);
    const [pod] = parseAllDocuments(stdout).map((document) => document.toJS() as Record<string, never>);
    expect(pod).toMatchObject({ kind: 'Pod', metadata: { generateName: 'team-vmcp-5d9c7-' } });
    expect(stderr).toMatch(/^POD\s+DECISION\s+REASON\s+GROUP\s+SERVED\s+LEFT OUT\n/);
    expect(stderr).toMatch(/MCPServerEntry\/loopback\s+entry-denied\s+spec\.remoteUrl/);
  });

  it('prints one array with everything about every Pod as JSON', async () => {
    const { stdout } = await inject('-f', fixture('mixed-group'), '--output', 'json');
    const [item] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(item).toMatchObject({
      decision: 'injected',
      reason: 'injected',
      backends: ['billing', 'fetcher', 'wiki'],
      leftOut: expect.arrayContaining([
        expect.objectContaining({ kind: 'MCPServerEntry', name: 'failed', reason: 'phase-not-valid' }),
      ]),
      patch: expect.any(Array),
      pod: { kind: 'Pod' },
    });
  });

  it('prints a unified diff against the input', async () => {
    const { stdout } = await inject('-f', fixture('self-managed'), '--diff');
    expect(stdout).toMatch(/^--- a\/apps\/mine-pod\n\+\+\+ b\/apps\/mine-pod\n@@ /);
    expect(stdout).toMatch(/\n- +- name: settings\n\+ +- name: vmcp-admission-config\n/);
  });

  it('exits with 1 when a Pod is refused, and does not print that Pod', async () => {
    const { code, stdout, stderr } = await inject('-f', fixture('skipped'));
    expect(code).toBe(1);
    expect(stdout).not.toContain('name: unknown-group');
    expect(stdout).toContain('name: foreign');
    expect(stderr).toContain('group-unknown');
  });

  it('leaves the same Pods alone when told so', async () => {
    expect((await inject('-f', fixture('skipped'), '--unknown-group', 'allow')).code).toBe(0);
  });

  it('exits with 2 when there is nothing to read, with one line that says so', async () => {
    expect(await inject()).toMatchObject({ code: 2, stderr: expect.stringContaining('-f') });
    expect(await inject('-f', 'nowhere.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nowhere.yaml'),
    });
  });
});

describe('the report for a person', () => {
  const injection = {
    decision: 'skipped',
    reason: 'config-unparsable',
    message: 'key "config.yaml" of ConfigMap "cfg" cannot be merged: it is empty',
    group: 'team',
    virtualServer: undefined,
    report: undefined,
    notes: [],
    pod: { metadata: { name: 'self' }, spec: { containers: [] } },
    patch: [],
  } as const;
  const document = { file: 'a.yaml', document: 1, line: 1, object: { apiVersion: 'v1', kind: 'Pod' } };
  const item = {
    document,
    pod: injection.pod,
    injection,
    namespace: 'apps',
    origin: 'Pod self',
    fromTemplate: false,
  };

  it('says why a Pod was skipped', () => {
    expect(injectText([item])).toBe(
      `POD        DECISION  REASON             GROUP  SERVED  LEFT OUT
apps/self  skipped   config-unparsable  team   -       -

POD        ABOUT  REASON             MESSAGE
apps/self  -      config-unparsable  key "config.yaml" of ConfigMap "cfg" cannot be merged: it is empty
`,
    );
  });

  it('has no sentence about a Pod that is no vMCP', () => {
    const other = { ...item, injection: { ...injection, reason: 'not-a-vmcp-pod' } } as const;
    expect(injectText([other])).not.toContain('MESSAGE');
  });
});

describe('a unified diff', () => {
  it('is empty between equal texts', () => {
    expect(unifiedDiff('a\n', 'a\n', 'x', 'y')).toBe('');
  });

  it('shows three lines around each change, and numbers them as diff -u does', () => {
    const before = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join('');
    const after = before.replace('\n5\n', '\nfive\n').replace('20\n', '');
    expect(unifiedDiff(before, after, 'a', 'b')).toBe(
      [
        '--- a',
        '+++ b',
        '@@ -2,7 +2,7 @@',
        ' 2',
        ' 3',
        ' 4',
        '-5',
        '+five',
        ' 6',
        ' 7',
        ' 8',
        '@@ -17,4 +17,3 @@',
        ' 17',
        ' 18',
        ' 19',
        '-20',
        '',
      ].join('\n'),
    );
  });
});
