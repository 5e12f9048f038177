import { describe, expect, it } from 'vitest';
import { policyOf } from '../rules/policy/support.ts';
import { entry, review, TEAM } from '../rules/support.ts';

const PRIVATE = entry({ remoteUrl: 'https://10.1.2.3/mcp' });
const RULE = 'remote-url-private';
const now = new Date('2026-06-01T12:00:00Z');

describe('a warn-only policy', () => {
  const policy = policyOf('scopes: [{name: trial, namespaces: [default], enforcement: warn}]');

  it('admits what would be denied, and says so in a warning, the audit log and the outcome', async () => {
    const outcome = await review({ object: PRIVATE, cluster: TEAM, policy });
    expect(outcome).toMatchObject({
      kind: 'allowed',
      reasons: [RULE],
      wouldDeny: { kind: 'MCPServerEntry', rules: [RULE] },
      audit: { rules: RULE, 'would-deny': RULE, scope: 'trial' },
      warnings: [
        expect.stringMatching(/^spec\.remoteUrl: would be denied by remote-url-private: address 10/),
      ],
    });
  });

  it('denies in other namespaces', async () => {
    const object = entry({ remoteUrl: 'https://10.1.2.3/mcp' }, { namespace: 'apps' });
    expect(await review({ object, namespace: 'apps', policy })).toMatchObject({ kind: 'denied' });
  });

  it('lets the phase of such an entry become Valid', async () => {
    const status = { phase: 'Valid', observedGeneration: 1 };
    const object = entry({ remoteUrl: 'https://10.1.2.3/mcp' }, {}, status);
    expect(
      await review({ object, oldObject: PRIVATE, subResource: 'status', cluster: TEAM, policy }),
    ).toMatchObject({ kind: 'allowed', wouldDeny: { rules: ['phase-valid-of-denied-spec'] } });
  });
});

describe('a scope for users', () => {
  const policy = policyOf(`scopes: [{users: [alice], rules: {${RULE}: "off"}}]`);
  const as = (username: string) => ({ username, groups: ['system:authenticated'] });

  it('is for them alone', async () => {
    expect(await review({ object: PRIVATE, cluster: TEAM, policy, userInfo: as('alice') })).toMatchObject({
      kind: 'allowed',
    });
    expect(await review({ object: PRIVATE, cluster: TEAM, policy, userInfo: as('bob') })).toMatchObject({
      kind: 'denied',
    });
  });

  it('does not decide about the status, which is not theirs', async () => {
    const object = entry({ remoteUrl: 'https://10.1.2.3/mcp' }, {}, { phase: 'Valid' });
    expect(
      await review({
        object,
        oldObject: PRIVATE,
        subResource: 'status',
        cluster: TEAM,
        policy,
        userInfo: as('alice'),
      }),
    ).toMatchObject({ kind: 'denied' });
  });
});

describe('an exception', () => {
  const exception = (name: string, until: string, more = '') =>
    policyOf(
      `exceptions: [{rule: ${RULE}, namespace: default, name: ${name}, until: ${until}, reason: moves in June${more}}]`,
    );

  it('is a warning and stands in the audit log, until the end of its last day', async () => {
    const policy = exception('billing', '2026-06-01');
    const outcome = await review({ object: PRIVATE, cluster: TEAM, policy, now });
    expect(outcome).toMatchObject({
      kind: 'allowed',
      audit: { exceptions: `${RULE} for default/billing, until 2026-06-01 (moves in June)` },
      warnings: [
        expect.stringContaining('allowed by an exception until 2026-06-01 (moves in June): address 10.1.2.3'),
      ],
    });
    expect(outcome.wouldDeny).toBeUndefined();
    const later = await review({
      object: PRIVATE,
      cluster: TEAM,
      policy,
      now: new Date('2026-06-02T00:00:00Z'),
    });
    expect(later).toMatchObject({
      kind: 'denied',
      causes: [{ message: expect.stringContaining('; its exception ended on 2026-06-01') }],
    });
  });

  it('does not hold for a name that begins like its own and is still to be made', async () => {
    const object = { ...PRIVATE, metadata: { generateName: 'billing' } };
    const policy = exception('billing', '2026-12-31');
    expect(await review({ object, cluster: TEAM, policy, now })).toMatchObject({ kind: 'denied' });
  });

  it('may be for one kind, and of two for one rule the one that still holds counts', async () => {
    const one = (until: string) =>
      `{rule: ${RULE}, namespace: default, name: billing, kind: MCPServerEntry, until: ${until}, reason: why}`;
    for (const list of [
      [one('2026-01-01'), one('2026-12-31')],
      [one('2026-12-31'), one('2026-01-01')],
    ])
      expect(
        await review({
          object: PRIVATE,
          cluster: TEAM,
          policy: policyOf(`exceptions: [${list.join()}]`),
          now,
        }),
      ).toMatchObject({
        kind: 'allowed',
        warnings: [expect.stringContaining('allowed by an exception until 2026-12-31')],
      });
  });

  it('says nothing about what the policy does not deny, and nothing about other rules', async () => {
    const given = (level: string) =>
      policyOf(`rules: {${RULE}: "${level}"}\nexceptions:
  - {rule: ${RULE}, namespace: default, name: billing, until: 2026-12-31, reason: why}
  - {rule: object-name-invalid, namespace: default, name: billing, until: 2026-12-31, reason: why}`);
    const warnings = async (level: string) =>
      (await review({ object: PRIVATE, cluster: TEAM, policy: given(level), now })).warnings;
    expect(await warnings('off')).toEqual([]);
    expect(await warnings('warn')).toEqual([
      expect.stringMatching(/^spec\.remoteUrl: address 10\.1\.2\.3 is private/),
    ]);
    const object = entry({ remoteUrl: 'https://10.1.2.3:0/mcp' });
    expect(await review({ object, cluster: TEAM, policy: given('deny'), now })).toMatchObject({
      kind: 'denied',
      causes: [{ message: expect.stringMatching(/without leading zeros \[remote-url-port\]$/) }],
    });
  });

  it.each([
    ['another object', exception('search', '2026-12-31')],
    ['another kind', exception('billing', '2026-12-31', ', kind: MCPRemoteProxy')],
  ])('does not hold for %s', async (_, policy) => {
    expect(await review({ object: PRIVATE, cluster: TEAM, policy, now })).toMatchObject({ kind: 'denied' });
  });
});

describe('an object that is older than the policy', () => {
  const policy = policyOf('remoteHosts: {allow: [a.example]}\nnames: ["team-*"]');
  const old = entry({ remoteUrl: 'https://b.example/mcp' });
  const edit = (spec: object) =>
    review({
      object: entry({ remoteUrl: 'https://b.example/mcp', ...spec }),
      oldObject: old,
      cluster: TEAM,
      policy,
    });

  it('may still be changed, but for another host that is not allowed', async () => {
    expect(await edit({ transport: 'sse' })).toMatchObject({
      kind: 'allowed',
      warnings: { length: 2 },
      reasons: ['name-not-allowed', 'remote-host-not-allowed'],
    });
    expect(await edit({ remoteUrl: 'https://b.example/other' })).toMatchObject({ kind: 'allowed' });
    expect(await edit({ remoteUrl: 'https://c.example/mcp' })).toMatchObject({
      kind: 'denied',
      causes: [{ rule: 'remote-host-not-allowed' }],
    });
  });

  it('may not come to another private host', async () => {
    const of = (host: string) => entry({ remoteUrl: `https://${host}/mcp`, allowPrivateEndpoint: true });
    const move = (host: string) =>
      review({
        object: of(host),
        oldObject: of('10.0.0.1'),
        cluster: TEAM,
        policy: policyOf('privateEndpoints: deny'),
      });
    expect(await move('10.0.0.1:8443')).toMatchObject({ kind: 'allowed', warnings: { length: 1 } });
    expect(await move('10.0.0.2')).toMatchObject({ kind: 'denied' });
  });
});

describe('a scope by labels', () => {
  const policy = policyOf(
    `scopes: [{namespaceSelector: {matchLabels: {trial: "yes"}}, rules: {${RULE}: "off"}}]`,
  );
  const namespace = (labels: object) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default', labels },
  });

  it('asks for the labels of the namespace', async () => {
    const with_ = (labels: object) =>
      review({ object: PRIVATE, cluster: [...TEAM, namespace(labels)], policy });
    expect(await with_({ trial: 'yes' })).toMatchObject({ kind: 'allowed' });
    expect(await with_({ trial: 'no' })).toMatchObject({ kind: 'denied' });
  });

  it('cannot be decided when the labels cannot be read, and never blocks a deletion', async () => {
    const cluster = [...TEAM, namespace({ trial: 1 })];
    expect(await review({ object: PRIVATE, cluster, policy })).toMatchObject({
      kind: 'errored',
      code: 503,
      message: expect.stringContaining('grant get on namespaces'),
    });
    expect(await review({ operation: 'DELETE', oldObject: PRIVATE, cluster, policy })).toMatchObject({
      kind: 'allowed',
    });
  });
});
