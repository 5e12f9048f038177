import { describe, expect, it } from 'vitest';
import { policyOf } from '../rules/policy/support.ts';
import {
  baseConfigMap,
  documents,
  entry,
  operatorMadePod,
  type Raw,
  toolhive,
  virtualServer,
} from './support/cluster.ts';
import { context, depsOf, injectPod } from './support/fixtures.ts';

async function reportOn(policy: string, ...objects: readonly Raw[]) {
  const deps = depsOf(documents([virtualServer(), baseConfigMap(), ...objects]));
  const { report, reason } = await injectPod(
    operatorMadePod(),
    'apps',
    { ...deps, policy: policyOf(policy) },
    context(),
  );
  if (!report) throw new Error(reason);
  return report;
}

/** What a policy makes of the members of a group, as `name reason`: who is served, left out and noted. */
async function answer(policy: string, ...objects: readonly Raw[]) {
  const report = await reportOn(policy, ...objects);
  const say = (one: { name: string; reason: string }) => `${one.name} ${one.reason}`;
  return {
    served: report.backends,
    leftOut: report.leftOut.map(say),
    notes: report.notes.filter((note) => /warn-only|exception/.test(note.reason)).map(say),
  };
}

const PRIVATE = entry('one', { remoteUrl: 'https://10.1.2.3/mcp' });
const OTHER = entry('two', { remoteUrl: 'https://two.example/mcp' });
const KEY = { name: 'keys', key: 'k' };
const AUTH = toolhive('MCPExternalAuthConfig', 'auth', {
  type: 'headerInjection',
  headerInjection: { headerName: 'X-Key', valueSecretRef: KEY },
});
const GUARD = 'credentials: [{secret: apps/keys, hosts: [api.example]}]';

describe('the policy of a namespace, for its Pods', () => {
  it('is that of its scope', async () => {
    const policy = 'scopes: [{namespaces: ["app*"], rules: {remote-url-private: "off"}}]';
    expect(await answer(policy, PRIVATE)).toMatchObject({ served: ['one'] });
    expect(await answer(policy.replace('app*', 'x'), PRIVATE)).toMatchObject({
      leftOut: ['one entry-denied'],
    });
  });

  it('is not that of a scope for users', async () => {
    const policy = 'scopes: [{users: ["*"], rules: {remote-url-private: "off"}}]';
    expect(await answer(policy, PRIVATE)).toMatchObject({ leftOut: ['one entry-denied'] });
  });

  it('is that of its labels', async () => {
    const policy = 'scopes: [{namespaceSelector: {matchLabels: {a: b}}, rules: {remote-url-private: "off"}}]';
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps', labels: { a: 'b' } } };
    expect(await answer(policy, PRIVATE, namespace)).toMatchObject({ served: ['one'] });
  });

  it('excludes hosts that it does not list', async () => {
    expect(await answer('remoteHosts: {allow: [two.example]}', entry('one'), OTHER)).toEqual({
      served: ['two'],
      leftOut: ['one entry-denied'],
      notes: [],
    });
  });

  it('that warns excludes nothing that only it forbids, and still what any policy denies', async () => {
    const policy = 'enforcement: warn\nremoteHosts: {allow: [10.0.0.0/8]}';
    expect(await answer(policy, PRIVATE, OTHER)).toEqual({
      served: ['two'],
      leftOut: ['one entry-denied'],
      notes: ['two warn-only'],
    });
    const raised = 'enforcement: warn\nrules: {remote-url-documentation: deny}';
    const { backends, notes } = await reportOn(
      raised,
      entry('doc', { remoteUrl: 'https://203.0.113.7/mcp' }),
    );
    expect(backends).toEqual(['doc']);
    expect(notes.find(({ reason }) => reason === 'warn-only')?.message).toMatch(
      /^would be excluded by remote-url-documentation if the policy were enforced: spec\.remoteUrl: /,
    );
  });

  it('serves what has an exception, with a note, until it is over', async () => {
    const policy = (until: string) =>
      `exceptions: [{rule: remote-url-private, namespace: apps, name: one, until: ${until}, reason: why}]`;
    expect(await answer(policy('2027-01-01'), PRIVATE)).toMatchObject({
      served: ['one'],
      notes: ['one exception-used'],
    });
    expect(await answer(policy('2026-12-31'), PRIVATE)).toMatchObject({ leftOut: ['one entry-denied'] });
  });
});

describe('a Secret that the policy guards', () => {
  const server = toolhive(
    'MCPServer',
    'srv',
    { groupRef: { name: 'team' }, image: 'x', transport: 'stdio', externalAuthConfigRef: { name: 'auth' } },
    { status: { phase: 'Ready', url: 'http://mcp-srv-proxy.apps.svc.cluster.local:8080/mcp' } },
  );
  const overridden = virtualServer({
    source: 'inline',
    backends: { two: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } } },
  });
  const api = entry('api', {
    remoteUrl: 'https://api.example/mcp',
    externalAuthConfigRef: { name: 'auth' },
  });
  const headers = entry('hdr', {
    headerForward: { addHeadersFromSecret: [{ headerName: 'X-Key', valueSecretRef: KEY }] },
  });

  it('is sent to its own hosts only, whoever chooses it', async () => {
    expect(await answer(GUARD, AUTH, server, api, headers, OTHER, overridden)).toEqual({
      served: ['api'],
      leftOut: ['srv credential-guarded', 'hdr entry-denied', 'two entry-denied'],
      notes: [],
    });
  });

  it('is sent where an exception allows it, and everywhere while the policy only warns', async () => {
    const exception =
      'exceptions: [{rule: credential-host, namespace: apps, name: srv, until: 2027-12-31, reason: why}]';
    expect(await answer(`${GUARD}\n${exception}`, AUTH, server)).toMatchObject({ served: ['srv'] });
    expect(await answer(`${GUARD}\nenforcement: warn`, AUTH, server, headers)).toMatchObject({
      served: ['hdr', 'srv'],
      notes: expect.arrayContaining(['hdr warn-only', 'srv warn-only']),
    });
  });

  it('is not sent to another token endpoint', async () => {
    const exchange = toolhive('MCPExternalAuthConfig', 'auth', {
      type: 'tokenExchange',
      tokenExchange: {
        tokenUrl: 'https://evil.example/t',
        audience: 'x',
        clientId: 'x',
        clientSecretRef: KEY,
      },
    });
    expect(await answer(GUARD, exchange, api)).toMatchObject({ leftOut: ['api auth-config-denied'] });
  });
});
