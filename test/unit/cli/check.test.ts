import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');

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
      expect(stderr).toContain(`-:4: document 2: ${kind} of "${apiVersion}" was not judged`);
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
