import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { cli } from '../../../support/cli.ts';
import type { CommandResult } from '../../../support/command.ts';
import { FakeApiServer, status } from '../../../support/fakeApiServer.ts';

const API = '/apis/admissionregistration.k8s.io/v1';
const VALIDATING = 'validatingwebhookconfigurations';
const MUTATING = 'mutatingwebhookconfigurations';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function recover(...args: readonly string[]): Promise<CommandResult> {
  return doctor('recover', ...args);
}

function doctor(...args: readonly string[]): Promise<CommandResult> {
  return cli(['doctor', ...args], { env: { PATH: process.env.PATH, HOME: folder } });
}

async function kubeconfig(server: string): Promise<string> {
  const file = join(folder, 'kubeconfig');
  const name = 'fake';
  await writeFile(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server } }],
      users: [{ name, user: { token: 'a-secret-token' } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    }),
  );
  return file;
}

/** Runs `doctor recover --apply` against an API server that answers each DELETE so; also what it was asked. */
async function applied(
  answers: Readonly<Record<string, number>>,
  ...args: readonly string[]
): Promise<CommandResult & { readonly asked: readonly string[] }> {
  const server = await FakeApiServer.start();
  onTestFinished(() => server.stop());
  const asked: string[] = [];
  server.always(() => (request, response, url) => {
    asked.push(`${request.method} ${url.pathname}`);
    const code = answers[url.pathname.split('/').at(-2) ?? ''] ?? 500;
    status(code, code === 403 ? 'not allowed' : 'text')(request, response, url);
  });
  const file = await kubeconfig(server.connection.server.href);
  return { ...(await recover('--apply', '--kubeconfig', file, ...args)), asked };
}

it('says why it cannot examine a cluster', async () => {
  const file = await kubeconfig('http://127.0.0.1:1');
  expect(await doctor('--kubeconfig', file)).toEqual({
    code: 2,
    stdout: '',
    stderr: 'vmcp-admission doctor: the API server http://127.0.0.1:1 cannot be reached (ECONNREFUSED)\n',
  });
  expect(await doctor('--kubeconfig', file, '--wait', '5')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Use a duration such as 90s or 5m.'),
  });
});

it('fails when a check that is required is unknown, and says which checks there are', async () => {
  const server = await FakeApiServer.start();
  onTestFinished(() => server.stop());
  server.always(() => (request, response, url) => {
    if (url.pathname === '/version') response.end('{"gitVersion":"v1.34.3"}');
    else status(403, 'not allowed')(request, response, url);
  });
  const file = await kubeconfig(server.connection.server.href);
  expect(await doctor('--kubeconfig', file)).toMatchObject({ code: 0 });
  expect(await doctor('--kubeconfig', file, '--require', 'entry-denied,trust')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /^begin with trust: .*\n\nproof +failed\n {2}failed entry-denied: [\s\S]*\n2 failed, /,
    ),
  });
  expect(await doctor('--kubeconfig', file, '--require', 'trust,all')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('The checks are entry-denied, pod-refused, '),
  });
});

it('prints the one command, and does not look for a cluster', async () => {
  expect(await recover()).toEqual({
    code: 0,
    stdout:
      'kubectl delete validatingwebhookconfiguration,mutatingwebhookconfiguration vmcp-admission --ignore-not-found\n',
    stderr: '',
  });
  expect((await recover('--name', 'prod-vmcp-admission')).stdout).toContain(' prod-vmcp-admission ');
  // Without these the command would open the cluster of the current context.
  const { stdout } = await recover('--context', "bob's staging", '--kubeconfig', './staging.yaml');
  expect(stdout).toMatch(/ --kubeconfig=\.\/staging\.yaml --context='bob'\\''s staging'\n$/);
});

it('deletes the two configurations of the name, and asks for nothing else', async () => {
  expect(await applied({ [VALIDATING]: 200, [MUTATING]: 200 }, '--name', 'x')).toEqual({
    code: 0,
    stdout: `${VALIDATING}/x deleted\n${MUTATING}/x deleted\n`,
    stderr: '',
    asked: [`DELETE ${API}/${VALIDATING}/x`, `DELETE ${API}/${MUTATING}/x`],
  });
});

it('takes a configuration that is not there as deleted', async () => {
  expect(await applied({ [VALIDATING]: 404, [MUTATING]: 200 })).toMatchObject({
    code: 0,
    stdout: `${VALIDATING}/vmcp-admission does not exist\n${MUTATING}/vmcp-admission deleted\n`,
  });
});

it('deletes the second one also when the first must not be deleted, and says so', async () => {
  const { asked: _asked, ...run } = await applied({ [VALIDATING]: 403, [MUTATING]: 200 });
  expect(run).toEqual({
    code: 1,
    stdout: `${MUTATING}/vmcp-admission deleted\n`,
    stderr: `${VALIDATING}/vmcp-admission was not deleted: the API server answered 403: not allowed\n`,
  });
});

it.each([
  [
    'no server listens',
    'http://127.0.0.1:1',
    1,
    /was not deleted: the API server http:\/\/127.0.0.1:1 cannot be reached \(ECONNREFUSED\)/,
  ],
  [
    'credentials would go over the network in clear',
    'http://api.example',
    2,
    /plain http would send credentials in clear/,
  ],
] as const)('says when %s, without the token', async (_, server, code, message) => {
  const run = await recover('--apply', '--kubeconfig', await kubeconfig(server));
  expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
  expect(run.stderr).not.toContain('a-secret-token');
});

it.each(['', 'a/b', '..', 'x?dryRun=All', 'UPPER'])('refuses the name %j', async (name) => {
  expect(await recover('--apply', `--name=${name}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`option '--name <name>' argument '${name}' is invalid`),
  });
});
