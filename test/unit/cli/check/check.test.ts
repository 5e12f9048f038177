import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS } from '../../../../src/cli/check/formats/formats.ts';
import { cli, cliProcess } from '../../../support/cli.ts';
import { runCommand } from '../../../support/command.ts';
import { MAIN } from '../../../support/webhook.ts';

function run(command: 'check' | 'inject', input: string | Buffer, ...words: string[]) {
  return cli([command, '-f', '-', ...words], { input });
}

const entry = (apiVersion: string, kind: string) => `apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: wiki}
spec: {remoteUrl: "http://127.0.0.1/", transport: sse, groupRef: {name: team}}
`;

describe('check of standard input', () => {
  it('refuses bytes that are no UTF-8, as it does for a file', async () => {
    const latin1 = Buffer.from(
      entry('toolhive.stacklok.dev/v1beta1', 'MCPServerEntry').replace('wiki', 'wikié'),
      'latin1',
    );
    expect(await run('check', latin1)).toMatchObject({ code: 2, stderr: '-: is not UTF-8 text\n' });
  });

  it('prints no part of a value that is not written as YAML wants it', async () => {
    const { code, stdout, stderr } = await run(
      'check',
      'apiVersion: v1\nkind: Secret\nstringData:\n  token: |CANARY1secret\n',
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/^-:4:11: is not usable YAML: /);
    expect(stdout + stderr).not.toContain('CANARY');
  });
});

describe.each(['check', 'inject'] as const)(
  '%s of a ToolHive object in a version that is not known',
  (command) => {
    it.each(['MCPServerEntry', 'MCPRegistry'])('ends with 2 and says what is known: %s', async (kind) => {
      const apiVersion = 'toolhive.stacklok.dev/v1beta2';
      const input = `---\n# first\n---\n${entry(apiVersion, kind)}`;
      const { code, stdout, stderr } = await run(command, input, '--output', 'json');
      expect({ code, items: JSON.parse(stdout) }).toEqual({ code: 2, items: [] });
      expect(stderr).toContain(`-:4:1: ${kind} of "${apiVersion}" was not judged`);
      expect(stderr).toContain('the known versions are toolhive.stacklok.dev/v1beta1');
    });

    it('still judges the others', async () => {
      const input = `${entry('toolhive.stacklok.dev/v1', 'MCPServerEntry')}---\n${entry('toolhive.stacklok.dev/v1beta1', 'MCPServerEntry')}`;
      const { code, stdout } = await run(command, input);
      expect(code).toBe(2);
      if (command === 'check') expect(stdout).toContain('1 object checked: 1 denied');
    });
  },
);

describe('a kind or group that is misspelt', () => {
  it.each([
    ['toolhive.stacklok.dev/v1beta1', 'MCPServerEnty', 'kind'],
    ['stacklock.dev/v1beta1', 'MCPServerEntry', 'apiVersion'],
  ])('is denied by check: %s %s', async (apiVersion, kind, field) => {
    const { code, stdout } = await run('check', entry(apiVersion, kind), '--output', 'json');
    const cause = {
      rule: 'unknown-kind',
      field,
      message: expect.stringContaining('did you mean "MCPServerEntry"'),
    };
    expect({ code, items: JSON.parse(stdout) }).toMatchObject({ code: 1, items: [{ causes: [cause] }] });
  });

  it('ends inject with 2', async () => {
    const { code, stderr } = await run('inject', entry('toolhive.stacklok.dev/v1beta1', 'mcpserverentry'));
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "MCPServerEntry" of "toolhive.stacklok.dev/v1beta1"?');
  });
});

describe('the inputs of check', () => {
  const KNOWN = 'toolhive.stacklok.dev/v1beta1';
  const good = entry(KNOWN, 'MCPServerEntry').replace('http://127.0.0.1/', 'https://wiki.example.com/');
  const files = {
    'good.yaml': `apiVersion: ${KNOWN}\nkind: MCPGroup\nmetadata: {name: team}\n---\n${good}`,
    'bad.yaml': entry(KNOWN, 'MCPServerEntry'),
    'broken.yaml': `apiVersion: ${KNOWN}\nkind: MCPServerEntry\nspec: [\n`,
    'other.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    'exempt.yaml': 'exemptNamespaces: ["def*"]\n',
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\n',
    'chart/templates/a.yaml': `apiVersion: ${KNOWN}\nkind: MCPGroup\nmetadata: {name: {{ .x }}}\n`,
  };
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'check-'));
    mkdirSync(join(cwd, 'chart/templates'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  const check = (...words: string[]) => cli(['check', ...words], { cwd });

  it('are paths, -f, or both', async () => {
    expect(await check('good.yaml')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 objects checked'),
    });
    expect((await check('bad.yaml', '-f', 'good.yaml', '-o', 'json')).code).toBe(1);
  });

  it('may come from a pipe that a shell has opened', async () => {
    const script = '"$0" "$1" check <(cat good.yaml)';
    const { code, stdout } = await runCommand('bash', ['-c', script, process.execPath, MAIN], { cwd });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('2 objects checked') });
  });

  it('count once, however often and by whatever name', async () => {
    expect((await check('good.yaml', '-f', './good.yaml', join(cwd, 'good.yaml'))).stdout).toMatch(
      /^2 objects checked/,
    );
  });

  it('that are charts are passed over with one note that says how to check them', async () => {
    const { code, stdout, stderr } = await check('chart', 'good.yaml');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('2 clean') });
    expect(stderr).toBe(
      'note: these files are not manifests and were not judged:\n' +
        '  Chart.yaml, templates/a.yaml of the Helm chart chart; to check what it makes: helm template chart | vmcp-admission check -\n',
    );
  });

  it.each([
    [
      'an object of another project',
      ['other.yaml'],
      'nothing to judge: the input has 1 Kubernetes object, and none of a ToolHive kind',
    ],
    ['templates', ['chart'], 'nothing to judge: the input contains no Kubernetes object'],
    ['exempt namespaces', ['good.yaml', '--policy', 'exempt.yaml'], 'the policy exempts the namespaces'],
    ['no input', [], 'nothing to check: name files, folders or -'],
    ['a missing file', ['missing.yaml'], 'missing.yaml: no such file or folder'],
    [
      'a path through a file',
      ['good.yaml/x'],
      'good.yaml/x: no such file or folder: a part of its path is a file',
    ],
    ['a named pipe', ['pipe'], 'pipe: is a named pipe, not a file'],
    ['a named pipe as policy', ['good.yaml', '--policy', 'pipe'], 'pipe: is a named pipe, not a file'],
    ['a device', ['/dev/zero'], '/dev/zero: is a device, not a file'],
    ['a folder as policy', ['good.yaml', '--policy', 'chart'], 'chart: is a folder, not a file'],
    ['a missing file beside others', ['missing.yaml', 'good.yaml'], 'missing.yaml: no such file or folder'],
  ])('end with 2 and no summary for %s', async (_, words, message) => {
    const { code, stdout, stderr } = await check(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('with a broken manifest end with 2, and the others are judged', async () => {
    const { code, stdout, stderr } = await check('broken.yaml', 'bad.yaml');
    expect({ code, stdout }).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('1 object checked: 1 denied'),
    });
    expect(stderr).toMatch(/^broken.yaml:\d+:\d+: is not usable YAML: /);
  });

  const INPUTS = [
    [['good.yaml'], 0],
    [['bad.yaml', 'good.yaml'], 1],
    [['broken.yaml', 'good.yaml'], 2],
    [['missing.yaml'], 2],
    [['chart'], 2],
  ] as const;

  it.each(Object.keys(FORMATS))('give the same exit code in every output format: %s', async (format) => {
    for (const [words, code] of INPUTS)
      expect([words, (await check(...words, '-o', format)).code]).toEqual([words, code]);
  });

  it.each(Object.keys(FORMATS))('show no password in the place of a name: %s', async (format) => {
    const text = `apiVersion: ${KNOWN}\nkind: MCPGroup\nmetadata: {name: "redis://u:hunter2@h", namespace: "https://h?k=hunter2"}\n`;
    const { code, stdout, stderr } = await cli(['check', '-', '-o', format], { cwd, input: text });
    expect({ code, shown: (stdout + stderr).replace(/"markdown": .*/g, '') }).toEqual({
      code: 1,
      shown: expect.not.stringContaining('hunter2'),
    });
  });

  it('give a process of its own these exit codes', async () => {
    const runs = await Promise.all(INPUTS.map(([words]) => cliProcess(['check', ...words], { cwd })));
    expect(runs.map(({ code }) => code)).toEqual(INPUTS.map(([, code]) => code));
  });

  it('are judged, or the command line is refused, with one of the known formats', async () => {
    const { code, stderr } = await check('good.yaml', '-o', 'xml');
    expect(code).toBe(2);
    expect(stderr).toContain(`Allowed choices are ${Object.keys(FORMATS).join(', ')}`);
  });
});
