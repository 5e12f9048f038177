import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubeConfigSource } from '../../../src/apiClient/kubeconfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-plugin-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A kubeconfig whose user gets credentials from a program, given as JavaScript. */
function source(program: string, exec: object = {}, deadlineMs = 10_000) {
  const file = join(folder, 'config');
  const args = ['-e', program, folder];
  const user = {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args, ...exec },
  };
  const config = {
    clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    'current-context': 'c',
  };
  writeFileSync(file, JSON.stringify(config));
  return kubeConfigSource(file, deadlineMs);
}

const print = (status: object) => `console.log(${JSON.stringify(JSON.stringify({ status }))});`;
/** Counts the runs of the program in a file. */
const COUNT = 'require("fs").appendFileSync(process.argv[1] + "/runs", "x");';
const runs = () => readFileSync(join(folder, 'runs'), 'utf8').length;

describe('a credential plugin', () => {
  it('that hangs is ended at its deadline, and the message names the command', async () => {
    const hangs = `require("fs").writeFileSync(process.argv[1] + "/pid", String(process.pid)); setInterval(() => {}, 1e6);`;
    const error = await source(hangs, {}, 2_000)(false).catch((reason: Error) => reason.message);
    expect(error).toBe(
      `the credential plugin ${JSON.stringify(process.execPath)} of the kubeconfig did not answer within 2 s; run it by hand to see why`,
    );
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0), 'the process is gone').toThrow('ESRCH');
  });

  it.each([
    ['is not installed', '', { command: '/none/aws' }, '"/none/aws" of the kubeconfig is not installed'],
    [
      'fails',
      'console.error("secret"); process.exit(7)',
      {},
      'ended with exit code 7; run it by hand to see why',
    ],
    ['prints no JSON', 'console.log("secret")', {}, 'did not print an ExecCredential'],
    ['prints no credential', print({ secret: 1 }), {}, 'did not print an ExecCredential'],
    [
      'prints without end',
      'setInterval(() => process.stdout.write("secret".repeat(1e5)), 1)',
      {},
      'did not print an ExecCredential',
    ],
    ['has no command', '', { command: 5 }, 'an exec section without a command'],
  ])('that %s gives one sentence without its output', async (_, program, exec, message) => {
    const error = await source(program, exec)(false).catch((reason: Error) => reason.message);
    expect(error).toContain(message);
    expect(error).not.toContain('secret');
  });

  it('gives a token, with its variables, and runs again only when asked for fresh credentials', async () => {
    const program = `${COUNT} console.log(JSON.stringify({status: {token: process.env.WHO + JSON.parse(process.env.KUBERNETES_EXEC_INFO).kind}}))`;
    const connect = source(program, { env: [{ name: 'WHO', value: 'me' }] });
    expect((await connect(false)).headers.Authorization).toBe('Bearer meExecCredential');
    await connect(false);
    expect(runs()).toBe(1);
    await connect(true);
    expect(runs()).toBe(2);
  });

  it('gives a client certificate, and runs again when it has expired', async () => {
    const expirationTimestamp = '2020-01-01T00:00:00Z';
    const status = { clientCertificateData: 'cert', clientKeyData: 'key', expirationTimestamp };
    const connect = source(COUNT + print(status));
    expect((await connect(false)).tls).toMatchObject({ cert: 'cert', key: 'key' });
    await connect(false);
    expect(runs()).toBe(2);
  });
});
