import { describe, expect, it } from 'vitest';
import { entry, review, TEAM, yaml } from '../rules/support.ts';

const HERE = 'https://mcp.example.com/mcp';
const ATTACKER = 'https://attacker.example/';

const OTHERS = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: eu-billing, namespace: default}
spec:
  remoteUrl: https://eu.example/mcp
  transport: streamable-http
  groupRef: {name: team}
  externalAuthConfigRef: {name: idp.eu}
  headerForward:
    addHeadersFromSecret: [{headerName: X, valueSecretRef: {name: eu, key: key}}]
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: idp.eu, namespace: default}
spec:
  type: headerInjection
  headerInjection: {headerName: X-Key, valueSecretRef: {name: theirs, key: key}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: idp-eu, namespace: default}
spec:
  type: headerInjection
  headerInjection: {headerName: X-Key, valueSecretRef: {name: ours, key: key}}
`);

const secretHeader = (headerName: string) => ({
  headerForward: { addHeadersFromSecret: [{ headerName, valueSecretRef: { name: 'keys', key: 'key' } }] },
});

/** What an entry can be stored with that hands a secret to the server of its URL. */
const SINS: readonly (readonly [what: string, rule: string, spec: Readonly<Record<string, unknown>>])[] = [
  [
    'a value that the kubelet replaces by a secret',
    'header-value-expansion',
    { headerForward: { addPlaintextHeaders: { 'X-A': '$(VMCP_OIDC_CLIENT_SECRET)' } } },
  ],
  [
    'a plaintext name that the kubelet folds',
    'header-value-expansion',
    { headerForward: { addPlaintextHeaders: { 'X-$$A': 'a' } } },
  ],
  ['a secret name that the kubelet folds', 'header-value-expansion', secretHeader('X-$$A')],
  ['a variable that holds another header', 'header-env-collision', secretHeader('X-eu')],
  [
    'a variable that holds the secret of another config',
    'auth-env-collision',
    { externalAuthConfigRef: { name: 'idp-eu' } },
  ],
];

describe.each(SINS)('an entry that was stored with %s', (_what, rule, spec) => {
  const update = (remoteUrl: string, more: Readonly<Record<string, unknown>> = {}) =>
    review({
      object: entry({ remoteUrl, ...spec, ...more }),
      oldObject: entry({ remoteUrl: HERE, ...spec }),
      cluster: [...TEAM, ...OTHERS],
    });

  it('is denied when it is new', async () => {
    const outcome = await review({ object: entry(spec), cluster: [...TEAM, ...OTHERS] });
    expect(outcome).toMatchObject({ kind: 'denied', causes: [{ rule }] });
  });

  it('may be updated with a warning while its URL stays', async () => {
    for (const outcome of [await update(HERE), await update(HERE, { allowPrivateEndpoint: true })])
      expect(outcome).toMatchObject({
        kind: 'allowed',
        warnings: [
          expect.stringMatching(/: pre-existing violation, allowed because this update does not touch it: /),
        ],
        reasons: [rule],
      });
  });

  it.each([
    ATTACKER,
    'https://mcp.example.com/other',
    'https://mcp.example.com:8443/mcp',
    'http://mcp.example.com/mcp',
  ])('is denied when the URL becomes %s, and no message shows a value', async (remoteUrl) => {
    const outcome = await update(remoteUrl);
    expect(outcome.reasons).toContain(rule);
    const causes = outcome.kind === 'denied' ? outcome.causes : [];
    const [cause] = causes.filter(({ message }) => !message.includes('http://'));
    expect(cause?.message).toBeDefined();
    expect(cause?.message).not.toContain(new URL(remoteUrl).host);
  });

  it('is denied when it had no URL before', async () => {
    const outcome = await review({
      object: entry(spec),
      oldObject: entry({ ...spec, remoteUrl: undefined }),
      cluster: [...TEAM, ...OTHERS],
    });
    expect(outcome).toMatchObject({ kind: 'denied', causes: [{ rule }] });
  });
});

describe('a mistake that hands out no secret', () => {
  it('stays unchanged under another URL', async () => {
    const spec = { headerForward: { addPlaintextHeaders: { Host: 'a' } } };
    const outcome = await review({
      object: entry({ ...spec, remoteUrl: ATTACKER }),
      oldObject: entry(spec),
      cluster: TEAM,
    });
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['header-name-restricted'] });
  });
});

describe('brackets in a URL', () => {
  it('are part of it: only positions in lists of the object do not count', async () => {
    const spec = { headerForward: { addPlaintextHeaders: { 'X-A': '$(A)' } } };
    const outcome = await review({
      object: entry({ ...spec, remoteUrl: 'https://mcp.example.com/tenant?id=[2]' }),
      oldObject: entry({ ...spec, remoteUrl: 'https://mcp.example.com/tenant?id=[1]' }),
      cluster: TEAM,
    });
    expect(outcome).toMatchObject({ kind: 'denied', reasons: ['header-value-expansion'] });
  });
});
