import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../../../support/cli.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const EXAMPLE = 'docs/policy-example';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command line in the root of the checkout; the temporary folder is FOLDER in what it prints. */
async function run(...words: string[]) {
  const { code, stdout, stderr } = await cli(words, { cwd: ROOT });
  return { code, stdout: stdout.replaceAll(folder, 'FOLDER'), stderr: stderr.replaceAll(folder, 'FOLDER') };
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The console blocks of docs/policy.md, each a command and what it prints. */
const page = readFileSync(join(ROOT, 'docs/policy.md'), 'utf8').replace(/^ {3}/gm, '');
const recorded = [...page.matchAll(/```console\n\$ vmcp-admission (.*)\n([\s\S]*?)```/g)].map(
  ([, command = '', output = '']) => [command, output] as const,
);

describe('docs/policy.md', () => {
  it.each(recorded)('shows what vmcp-admission %s prints', async (command, output) => {
    expect((await run(...command.split(' '))).stdout).toBe(output);
  });
});

describe('policy test', () => {
  it('ends with 1 and shows the difference when a case is not as expected', async () => {
    const text = readFileSync(join(ROOT, EXAMPLE, 'payments.test.yaml'), 'utf8');
    const changed = text.replace('denied: [credential-host]', 'denied: [name-not-allowed]');
    const file = write('changed.test.yaml', changed);
    const { code, stdout } = await run(
      'policy',
      'test',
      folder,
      '--policy',
      join(ROOT, EXAMPLE, 'policy.yaml'),
    );
    expect(file).toContain('changed');
    expect(code).toBe(1);
    expect(stdout).toContain(
      [
        '  FAIL the key goes nowhere else, also not to a server of payments',
        '      - denied: name-not-allowed',
        '      + denied: credential-host',
        '        MCPServerEntry payments/payments-crm denied spec.externalAuthConfigRef.name: Forbidden: Secret',
      ].join('\n'),
    );
    expect(stdout).toMatch(/^4 cases: 3 passed, 1 failed$/m);
  });

  it.each([
    [
      'cases:\n  - name: a\n    objects: [5]\n    expect: {denyed: [], denied: [remote-url-privat]}\n',
      [
        'FOLDER/bad.yaml:3:15: cases[0].objects[0]: must be the path of a file, or an object with apiVersion and kind; it is 5',
        'FOLDER/bad.yaml:4:14: cases[0].expect: unknown key "denyed"; did you mean "denied"?',
        'FOLDER/bad.yaml:4:35: cases[0].expect.denied[0]: unknown rule "remote-url-privat"; did you mean "remote-url-private"?',
      ],
    ],
    [
      'cases:\n  - {name: a, objects: [gone.yaml], expect: allowed}\n',
      ['FOLDER/gone.yaml: no such file or folder'],
    ],
    [
      'cases:\n  - {name: a, objects: [{apiVersion: v1, kind: ConfigMap}], expect: allowed}\n',
      ['FOLDER/bad.yaml: names no policy; set policy: FILE in it, or give --policy FILE'],
    ],
  ])('ends with 2 and says what is wrong with the cases', async (text, problems) => {
    const { code, stderr } = await run('policy', 'test', write('bad.yaml', text));
    expect({ code, lines: stderr.trimEnd().split('\n') }).toEqual({ code: 2, lines: problems });
  });
});

describe('policy check', () => {
  it('ends with 2 and the places of all problems', async () => {
    const file = write('policy.yaml', 'enforcment: warn\nrules:\n  remote-url-private: denied\n');
    expect(await run('policy', 'check', file)).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'FOLDER/policy.yaml:1:1: unknown key "enforcment"; did you mean "enforcement"?',
        'FOLDER/policy.yaml:3:23: rules.remote-url-private: must be deny, warn or off; it is "denied"',
        '',
      ].join('\n'),
    });
  });

  it('says of exceptions that they are over', async () => {
    const file = write(
      'over.yaml',
      'exceptions: [{rule: remote-url-private, namespace: a, name: b, until: 2020-01-01, reason: why}]',
    );
    expect(await run('policy', 'check', file)).toEqual({
      code: 0,
      stdout: 'FOLDER/over.yaml: can be used (0 scopes, 0 credentials, 1 exception)\n',
      stderr:
        'note: an exception of the policy is over and has no effect: remote-url-private for a/b, until 2020-01-01 (why)\n',
    });
  });
});

it('policy check says which parts never apply', async () => {
  const file = write(
    'never.yaml',
    'scopes: [{namespaces: ["*"]}, {name: pay, namespaces: [pay]}]\nexemptNamespaces: ["lab-*"]',
  );
  expect(await run('policy', 'check', file)).toEqual({
    code: 0,
    stdout: 'FOLDER/never.yaml: can be used (2 scopes, 0 credentials, 0 exceptions)\n',
    stderr:
      'note: policy: scope "pay" never matches: the first scope that matches decides, and "scopes[0]" before it matches all that it would; move it up\n',
  });
});

describe('check --as', () => {
  it('judges by the scopes of the user and the groups', async () => {
    const manifest = write(
      'entry.yaml',
      'apiVersion: toolhive.stacklok.dev/v1beta1\nkind: MCPServerEntry\nmetadata: {name: payments-x, namespace: payments}\nspec: {remoteUrl: "https://any.example/mcp", transport: sse, groupRef: {name: team}}\n',
    );
    const check = async (...words: string[]) => {
      const files = [manifest, '--policy', join(EXAMPLE, 'policy.yaml')];
      const { code, stdout } = await run('check', ...files, '-o', 'json', ...words);
      const [item] = JSON.parse(stdout) as readonly { readonly scope?: string }[];
      return [code, item?.scope];
    };
    expect(await check()).toEqual([1, 'payments']);
    expect(await check('--as', 'carol', '--groups', 'devs,platform-admins')).toEqual([0, 'platform']);
    expect(await check('--as', 'carol', '--groups', 'devs')).toEqual([1, 'payments']);
  });
});
