import { describe, expect, it } from 'vitest';
import { defaultLevels, defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { decided, entry, review, TEAM, yaml } from '../rules/support.ts';

const BAD_URL = { remoteUrl: 'http://localhost:8080/mcp' };
const OTHER_BAD_URL = { remoteUrl: 'http://127.0.0.1:8080/mcp' };
const cluster = TEAM;

describe('creation', () => {
  it('allows an entry that nothing is wrong with, without a word', async () => {
    expect(await review({ object: entry(), cluster })).toMatchObject({
      kind: 'allowed',
      warnings: [],
      reasons: [],
    });
  });

  it('names every mistake of an object at once, with field and rule', async () => {
    const object = entry({
      ...BAD_URL,
      transport: 'stdio',
      caBundleRef: { configMapRef: { name: '', key: 'a..b' } },
      headerForward: { addPlaintextHeaders: { Host: 'x', 'X Y': 'z', 'X-A': 'a\nb' } },
    });
    const outcome = await review({ object, cluster });
    expect(outcome.kind === 'denied' && outcome.causes.map(({ field, reason }) => [field, reason])).toEqual([
      ['spec.remoteUrl', 'FieldValueInvalid'],
      ['spec.transport', 'FieldValueNotSupported'],
      ['spec.caBundleRef.configMapRef.name', 'FieldValueRequired'],
      ['spec.caBundleRef.configMapRef.key', 'FieldValueInvalid'],
      ['spec.headerForward.addPlaintextHeaders[Host]', 'FieldValueForbidden'],
      ['spec.headerForward.addPlaintextHeaders[#2]', 'FieldValueInvalid'],
      ['spec.headerForward.addPlaintextHeaders[X-A]', 'FieldValueInvalid'],
    ]);
    expect(outcome.audit.rules).toContain('remote-url-blocked-host');
  });

  it('ends each denial and each warning with the id of its rule, also when it is cut', async () => {
    const name = 'g'.repeat(250);
    const outcome = await review({ object: entry({ ...BAD_URL, groupRef: { name } }), cluster });
    const messages = outcome.kind === 'denied' ? outcome.causes.map(({ message }) => message) : [];
    expect(messages).toEqual([expect.stringMatching(/^Invalid value: .* \[remote-url-blocked-host\]$/)]);
    expect(outcome.warnings).toEqual([
      expect.stringMatching(/^spec\.groupRef\.name: .*… \[group-not-found\]$/),
    ]);
    expect(outcome.warnings[0]?.length).toBe(256);
  });

  it.each(['v1alpha1', 'v1beta1'])('judges version %s alike', async (version) => {
    const object = { ...entry(BAD_URL), apiVersion: `toolhive.stacklok.dev/${version}` };
    expect(await review({ object, cluster })).toMatchObject({
      kind: 'denied',
      reasons: ['remote-url-blocked-host'],
    });
  });

  it('understands the old spellings and names the fields as they were written', async () => {
    const spec = { remoteURL: 'http://localhost/', transport: 'sse', groupRef: 'team' };
    const object = { ...entry(), apiVersion: 'toolhive.stacklok.dev/v1alpha1', spec };
    const outcome = await review({ object, cluster });
    expect(outcome).toMatchObject({
      kind: 'denied',
      causes: [{ field: 'spec.remoteURL', message: expect.stringMatching(/ \[remote-url-blocked-host\]$/) }],
      warnings: [expect.stringMatching(/^spec\.remoteURL: /), expect.stringMatching(/^spec\.groupRef: /)],
    });
  });

  it('takes generateName for the name', async () => {
    const ca = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
    const object = entry(ca, { name: undefined, generateName: 'billing.' });
    expect((await review({ object, cluster })).reasons).toContain('name-dotted-ca-bundle');
  });

  it('passes other kinds, other groups and unknown versions', async () => {
    for (const type of [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: 'Other' },
      { apiVersion: 'toolhive.stacklok.dev/v9', kind: 'MCPServerEntry' },
      { apiVersion: 'other.example/v1beta1', kind: 'MCPServerEntry' },
      { apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: '__proto__' },
    ])
      expect(await review({ object: { ...entry(BAD_URL), ...type } })).toMatchObject({
        kind: 'allowed',
        reasons: ['kind-not-reviewed'],
      });
  });

  it('answers a review without an object as a bad request', async () => {
    expect(await review({ operation: 'CREATE' })).toMatchObject({ kind: 'errored', code: 400 });
  });

  it('passes everything in an exempt namespace', async () => {
    const policy = { ...defaultPolicy(), exemptNamespaces: ['default'] };
    expect(await review({ object: entry(BAD_URL), policy })).toMatchObject({
      kind: 'allowed',
      reasons: ['namespace-exempt'],
    });
  });

  it('follows the levels of the policy', async () => {
    const levels = { ...defaultLevels(), 'remote-url-blocked-host': 'warn' as const };
    expect(
      await review({ object: entry(BAD_URL), cluster, policy: { ...defaultPolicy(), levels } }),
    ).toMatchObject({
      kind: 'allowed',
      warnings: [expect.stringContaining('localhost')],
    });
    const off = { ...defaultLevels(), 'remote-url-blocked-host': 'off' as const };
    expect(
      await review({ object: entry(BAD_URL), cluster, policy: { ...defaultPolicy(), levels: off } }),
    ).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });
});

describe('updates', () => {
  it('only warn about an old mistake that is left as it was', async () => {
    const outcome = await review({
      object: entry(BAD_URL, { labels: { a: 'b' } }),
      oldObject: entry(BAD_URL),
      cluster,
    });
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['remote-url-blocked-host'] });
    expect(outcome.warnings).toHaveLength(1);
  });

  it('deny a new mistake of the same rule, and one that was not there', async () => {
    for (const spec of [
      OTHER_BAD_URL,
      { ...BAD_URL, transport: 'stdio' },
      { remoteUrl: 'http://localhost:8081/mcp' },
    ])
      expect(await review({ object: entry(spec), oldObject: entry(BAD_URL), cluster })).toMatchObject({
        kind: 'denied',
      });
    expect(await review({ object: entry(BAD_URL), oldObject: entry(), cluster })).toMatchObject({
      kind: 'denied',
    });
  });

  it('deny a changed secret part of a value that no message shows', async () => {
    const old = entry({ remoteUrl: 'https://u:one@mcp.example.com/' });
    const object = entry({ remoteUrl: 'https://u:two@mcp.example.com/' });
    expect(await review({ object, oldObject: old, cluster })).toMatchObject({ kind: 'denied' });
    expect(await review({ object: old, oldObject: old, cluster })).toMatchObject({ kind: 'allowed' });
    const header = (value: string) => entry({ headerForward: { addPlaintextHeaders: { 'X-A': value } } });
    expect(await review({ object: header('$(B)'), oldObject: header('$(A)'), cluster })).toMatchObject({
      kind: 'denied',
    });
  });

  it('compare each mistake of one value by itself', async () => {
    const url = { remoteUrl: 'http://10.0.0.1:99999/mcp#x' };
    const old = entry({ ...url, allowPrivateEndpoint: true });
    expect(await review({ object: entry(url), oldObject: old, cluster })).toMatchObject({
      kind: 'denied',
      causes: [{ rule: 'remote-url-private', field: 'spec.remoteUrl' }],
      warnings: [
        expect.stringContaining('must not contain "#"'),
        expect.stringContaining('port "99999" must be'),
      ],
    });
    const three = ['remote-url-syntax', 'remote-url-port', 'remote-url-private'];
    const same = await review({ object: entry(url, { labels: { a: 'b' } }), oldObject: entry(url), cluster });
    expect(same).toMatchObject({ kind: 'allowed', reasons: three, warnings: { length: 3 } });
    expect(await review({ object: entry(url), cluster })).toMatchObject({
      kind: 'denied',
      causes: three.map((rule) => ({ rule, field: 'spec.remoteUrl' })),
    });
  });

  it('do not take an item for new because others of its list were removed', async () => {
    const headers = (...names: string[]) =>
      entry({
        headerForward: {
          addHeadersFromSecret: names.map((headerName) => ({
            headerName,
            valueSecretRef: { name: 's', key: 'k' },
          })),
        },
      });
    const oldObject = headers('X-A', 'X-B', 'Host', 'X-C', 'x-c');
    expect(await review({ object: headers('Host', 'X-C', 'x-c'), oldObject, cluster })).toMatchObject({
      kind: 'allowed',
    });
    expect(await review({ object: headers('Host', 'Connection'), oldObject, cluster })).toMatchObject({
      kind: 'denied',
      causes: [{ field: expect.stringContaining('[1]') }],
    });
  });

  it('judge the old object in the present cluster, so that others may not turn it into a denial', async () => {
    const ca = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
    const object = entry(ca, { name: 'team.a' });
    expect(await review({ object, oldObject: object, cluster })).toMatchObject({ kind: 'allowed' });
  });

  it('treat the old mistakes of neighbours alike', async () => {
    const neighbour = (kind: string, spec: object) => ({
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind,
      metadata: { name: 'a', namespace: 'default' },
      spec,
    });
    const group = { groupRef: { name: 'team' } };
    for (const bad of [
      neighbour('MCPRemoteProxy', { ...group, remoteUrl: 'http://localhost/' }),
      neighbour('MCPExternalAuthConfig', { type: 'awsSts' }),
      neighbour('VirtualMCPServer', { ...group, passthroughHeaders: ['Cookie'] }),
    ]) {
      expect(await review({ object: bad, cluster })).toMatchObject({ kind: 'denied' });
      const outcome = await review({ object: bad, oldObject: bad, cluster });
      expect(outcome.kind).toBe('allowed');
      expect(outcome.warnings).toHaveLength(1);
    }
  });

  it('allow the removal of a mistake in silence', async () => {
    expect(await review({ object: entry(), oldObject: entry(BAD_URL), cluster })).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });
});

describe('deletion of what others refer to', () => {
  const vmcp = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: team-vmcp, namespace: default}
spec:
  groupRef: {name: team}
  telemetryConfigRef: {name: used}
  embeddingServerRef: {name: used}
  incomingAuth: {type: oidc, oidcConfigRef: {name: used}, authzConfigRef: {name: used}}
  outgoingAuth: {default: {type: externalAuthConfigRef, externalAuthConfigRef: {name: used}}}
  config:
    aggregation: {tools: [{workload: billing, toolConfigRef: {name: used}}]}
    compositeToolRefs: [{name: used}]
`);
  const server = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServer
metadata: {name: billing, namespace: default}
spec:
  oidcConfigRef: {name: used}
  authzConfigRef: {name: used}
  telemetryConfigRef: {name: used}
  toolConfigRef: {name: used}
  authServerRef: {kind: MCPExternalAuthConfig, name: used}
`);
  const object = (kind: string, name: string, namespace = 'default') => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind,
    metadata: { name, namespace },
    spec: {},
  });
  const both = ['MCPServer "billing"', 'VirtualMCPServer "team-vmcp"'];

  it.each([
    ['MCPToolConfig', both],
    ['MCPOIDCConfig', both],
    ['MCPAuthzConfig', both],
    ['MCPTelemetryConfig', both],
    ['MCPExternalAuthConfig', both.toReversed()],
    ['EmbeddingServer', ['VirtualMCPServer "team-vmcp"']],
    ['VirtualMCPCompositeToolDefinition', ['VirtualMCPServer "team-vmcp"']],
  ])('is told with the names of those: %s', async (kind, users) => {
    const cluster = [...vmcp, ...server];
    const remove = (oldObject: object) => review({ operation: 'DELETE', oldObject, cluster });
    const outcome = await remove(object(kind, 'used'));
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['deleted-while-in-use'] });
    expect(decided(outcome).warnings.join()).toContain(`is still used by ${users.join(', ')}; `);
    expect(await remove(object(kind, 'other'))).toMatchObject({ kind: 'allowed', warnings: [] });
  });

  it('is never denied, whatever the policy says', async () => {
    const policy = {
      ...defaultPolicy(),
      levels: { ...defaultPolicy().levels, 'deleted-while-in-use': 'deny' },
    } as const;
    const outcome = await review({
      operation: 'DELETE',
      oldObject: object('MCPToolConfig', 'used'),
      cluster: vmcp,
      policy,
    });
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['deleted-while-in-use'] });
  });
});

describe('deletion', () => {
  const deletionTimestamp = '2026-01-01T00:00:00Z';

  it('is never blocked, whatever the object looks like', async () => {
    for (const oldObject of [
      entry(BAD_URL),
      { ...entry(), spec: 5 },
      { ...entry(), metadata: 5 },
      null,
      undefined,
      5,
    ])
      expect(await review({ operation: 'DELETE', oldObject })).toMatchObject({
        kind: 'allowed',
        warnings: [],
      });
  });

  it('lets finalizers of any object go, as long as its spec stays', async () => {
    for (const object of [
      entry(BAD_URL, { deletionTimestamp }),
      { ...entry({}, { deletionTimestamp }), spec: 5 },
      { metadata: { deletionTimestamp }, apiVersion: entry().apiVersion, kind: entry().kind },
      entry({}, { deletionTimestamp, annotations: 5 }),
    ])
      expect(
        await review({
          object,
          oldObject: { ...object, metadata: { deletionTimestamp, finalizers: ['a/b'] } },
        }),
      ).toMatchObject({ kind: 'allowed', reasons: ['being-deleted'] });
  });

  it('opens no way around the rules: a spec that changes meanwhile is judged, and so is a phase', async () => {
    const old = entry({}, { deletionTimestamp, finalizers: ['a/b'] });
    for (const object of [
      entry(BAD_URL, { deletionTimestamp }),
      { ...old, spec: 5 },
      { ...old, spec: { ...old.spec, remoteUrl: 5 } },
    ])
      expect(await review({ object, oldObject: old })).toMatchObject({ kind: 'denied' });
    expect(
      await review({ object: entry({}, { deletionTimestamp, labels: {} }), oldObject: old }),
    ).toMatchObject({
      kind: 'allowed',
    });
    const bad = entry(BAD_URL, { deletionTimestamp });
    const valid = { ...bad, status: { phase: 'Valid' } };
    expect(await review({ object: valid, oldObject: bad, subResource: 'status' })).toMatchObject({
      kind: 'denied',
      reasons: ['phase-valid-of-denied-spec'],
    });
  });
});
