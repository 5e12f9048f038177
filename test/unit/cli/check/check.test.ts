import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS } from '../../../../src/cli/check/formats/formats.ts';

const MAIN = join(import.meta.dirname, '../../../../src/main.ts');

function run(command: 'check' | 'inject', input: string | Buffer, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, command, '-f', '-', ...words], {
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const entry = (apiVersion: string, kind: string) => `apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: wiki}
spec: {remoteUrl: "http://127.0.0.1/", transport: sse, groupRef: {name: team}}
`;

describe('check of standard input', () => {
  it('refuses bytes that are no UTF-8, as it does for a file', () => {
    const latin1 = Buffer.from(
      entry('toolhive.stacklok.dev/v1beta1', 'MCPServerEntry').replace('wiki', 'wikié'),
      'latin1',
    );
    expect(run('check', latin1)).toMatchObject({ status: 2, stderr: '-: is not UTF-8 text\n' });
  });

  it('prints no part of a value that is not written as YAML wants it', () => {
    const { status, stdout, stderr } = run(
      'check',
      'apiVersion: v1\nkind: Secret\nstringData:\n  token: |CANARY1secret\n',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^-:4:11: is not usable YAML: /);
    expect(stdout + stderr).not.toContain('CANARY');
  });
});

describe.each(['check', 'inject'] as const)(
  '%s of a ToolHive object in a version that is not known',
  (command) => {
    it.each(['MCPServerEntry', 'MCPRegistry'])('ends with 2 and says what is known: %s', (kind) => {
      const apiVersion = 'toolhive.stacklok.dev/v1beta2';
      const input = `---\n# first\n---\n${entry(apiVersion, kind)}`;
      const { status, stdout, stderr } = run(command, input, '--output', 'json');
      expect({ status, items: JSON.parse(stdout) }).toEqual({ status: 2, items: [] });
      expect(stderr).toContain(`-:4:1: ${kind} of "${apiVersion}" was not judged`);
      expect(stderr).toContain('the known versions are toolhive.stacklok.dev/v1beta1');
    });

    it('still judges the others', () => {
      const input = `${entry('toolhive.stacklok.dev/v1', 'MCPServerEntry')}---\n${entry('toolhive.stacklok.dev/v1beta1', 'MCPServerEntry')}`;
      const { status, stdout } = run(command, input);
      expect(status).toBe(2);
      if (command === 'check') expect(stdout).toContain('1 object checked: 1 denied');
    });
  },
);

describe('a kind or group that is misspelt', () => {
  it.each([
    ['toolhive.stacklok.dev/v1beta1', 'MCPServerEnty', 'kind'],
    ['stacklock.dev/v1beta1', 'MCPServerEntry', 'apiVersion'],
  ])('is denied by check: %s %s', (apiVersion, kind, field) => {
    const { status, stdout } = run('check', entry(apiVersion, kind), '--output', 'json');
    const cause = {
      rule: 'unknown-kind',
      field,
      message: expect.stringContaining('did you mean "MCPServerEntry"'),
    };
    expect({ status, items: JSON.parse(stdout) }).toMatchObject({ status: 1, items: [{ causes: [cause] }] });
  });

  it('ends inject with 2', () => {
    const { status, stderr } = run('inject', entry('toolhive.stacklok.dev/v1beta1', 'mcpserverentry'));
    expect(status).toBe(2);
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
    'exempt.yaml': 'exemptNamespaces: [default]\n',
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\n',
    'chart/templates/a.yaml': `apiVersion: ${KNOWN}\nkind: MCPGroup\nmetadata: {name: {{ .x }}}\n`,
  };
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'check-'));
    mkdirSync(join(cwd, 'chart/templates'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  const check = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'check', ...words], {
      cwd,
      encoding: 'utf8',
      input: '',
    });
    return { status, stdout, stderr };
  };

  it('are paths, -f, or both', () => {
    expect(check('good.yaml')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('2 objects checked'),
    });
    expect(check('bad.yaml', '-f', 'good.yaml', '-o', 'json').status).toBe(1);
  });

  it('count once, however often and by whatever name', () => {
    expect(check('good.yaml', '-f', './good.yaml', join(cwd, 'good.yaml')).stdout).toMatch(
      /^2 objects checked/,
    );
  });

  it('that are charts are passed over with one note that says how to check them', () => {
    const { status, stdout, stderr } = check('chart', 'good.yaml');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('2 clean') });
    expect(stderr).toBe(
      'note: these files are not manifests and were not judged:\n' +
        '  Chart.yaml, templates/a.yaml of the Helm chart chart; to check what it makes: helm template chart | vmcp-admission check -\n',
    );
  });

  it.each([
    [
      'an object of another project',
      ['other.yaml'],
      'none of the Kubernetes objects in the input is of ToolHive (1)',
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
    ['a folder as policy', ['good.yaml', '--policy', 'chart'], 'chart: is a folder, not a file'],
    ['a missing file beside others', ['missing.yaml', 'good.yaml'], 'missing.yaml: no such file or folder'],
  ])('end with 2 and no summary for %s', (_, words, message) => {
    const { status, stdout, stderr } = check(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('with a broken manifest end with 2, and the others are judged', () => {
    const { status, stdout, stderr } = check('broken.yaml', 'bad.yaml');
    expect({ status, stdout }).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('1 object checked: 1 denied'),
    });
    expect(stderr).toMatch(/^broken.yaml:\d+:\d+: is not usable YAML: /);
  });

  it.each(Object.keys(FORMATS))('give the same exit code in every output format: %s', async (format) => {
    const codeOf = (...words: string[]) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, [MAIN, 'check', ...words, '-o', format], {
          cwd,
          stdio: 'ignore',
        });
        child.once('close', resolve);
      });
    const inputs = [
      ['good.yaml'],
      ['bad.yaml', 'good.yaml'],
      ['broken.yaml', 'good.yaml'],
      ['missing.yaml'],
      ['chart'],
    ];
    expect(await Promise.all(inputs.map((words) => codeOf(...words)))).toEqual([0, 1, 2, 2, 2]);
  });

  it('are judged, or the command line is refused, with one of the known formats', () => {
    const { status, stderr } = check('good.yaml', '-o', 'xml');
    expect(status).toBe(2);
    expect(stderr).toContain(`Allowed choices are ${Object.keys(FORMATS).join(', ')}`);
  });
});
