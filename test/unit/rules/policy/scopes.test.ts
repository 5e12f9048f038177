import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Caller, policyInScope, selectsByLabels } from '../../../../src/rules/policy/scopes.ts';
import { policyOf } from './support.ts';

const POLICY = policyOf(`
rules: {remote-url-private: warn, transport-unknown: warn}
urls: {allowedHosts: [top.example], blockedHosts: [bad.example]}
remoteHosts: {allow: ["*.corp.example"]}
scopes:
  - name: admins
    groups: ["platform:*"]
    rules: {remote-url-private: "off"}
  - name: deployers
    namespaces: [payments, "pay-*"]
    users: [alice, "system:serviceaccount:argocd:*"]
    enforcement: warn
  - name: payments
    namespaces: [payments, "pay-*"]
    rules: {remote-url-private: deny}
    urls: {allowedHosts: [scope.example]}
  - name: labelled
    namespaceSelector:
      matchLabels: {team: search}
      matchExpressions:
        - {key: tier, operator: NotIn, values: [prod]}
    remoteHosts: {allow: ["*"], else: warn}
`);

describe('the scope of an object', () => {
  const alice = { user: 'alice', groups: [] };
  const argo = { user: 'system:serviceaccount:argocd:app', groups: ['system:serviceaccounts'] };
  const admin = { user: 'alice', groups: ['system:authenticated', 'platform:oncall'] };
  it.each<[string, string, Caller | undefined, Record<string, string>, string | undefined]>([
    ['the top level, where nothing matches', 'apps', alice, {}, undefined],
    ['the first that matches', 'payments', admin, {}, 'admins'],
    ['one for a user, in its namespaces', 'pay-eu', alice, {}, 'deployers'],
    ['one for a user by a glob', 'payments', argo, {}, 'deployers'],
    ['not one for a user in other namespaces', 'apps', argo, {}, undefined],
    ['none for users where there is no caller', 'payments', undefined, {}, 'payments'],
    ['a glob that does not match inside a name', 'my-pay-eu', undefined, {}, undefined],
    ['one by labels', 'x', undefined, { team: 'search' }, 'labelled'],
    [
      'one by labels with an expression that holds',
      'x',
      undefined,
      { team: 'search', tier: 'dev' },
      'labelled',
    ],
    [
      'none by labels with an expression that fails',
      'x',
      undefined,
      { team: 'search', tier: 'prod' },
      undefined,
    ],
  ])('is %s', (_, namespace, caller, labels, scope) => {
    expect(policyInScope(POLICY, { namespace, caller, labels }).scope).toBe(scope);
  });

  it('takes what it does not say from the top level', () => {
    const { levels, url, enforcement } = policyInScope(POLICY, {
      namespace: 'payments',
      caller: undefined,
      labels: {},
    });
    expect([levels['remote-url-private'], levels['transport-unknown'], enforcement]).toEqual([
      'deny',
      'warn',
      'deny',
    ]);
    expect(url).toMatchObject({
      allowedHosts: ['scope.example'],
      blockedHosts: ['bad.example'],
      remoteHosts: { hosts: ['*.corp.example'] },
    });
  });

  it('is decided without labels unless a scope selects by them', () => {
    expect(selectsByLabels(POLICY)).toBe(true);
    expect(selectsByLabels(policyOf('scopes: [{namespaces: [a], enforcement: warn}]'))).toBe(false);
  });

  it('is always the first of those that match alone', () => {
    const namespaces = fc.constantFrom('payments', 'pay-eu', 'apps', 'x');
    const caller = fc.option(
      fc.record({
        user: fc.constantFrom('alice', 'bob'),
        groups: fc.subarray(['platform:a', 'devs']),
      }),
      { nil: undefined },
    );
    const labels = fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('search', 'prod'));
    fc.assert(
      fc.property(namespaces, caller, labels, (namespace, who, of) => {
        const facts = { namespace, caller: who, labels: of };
        const alone = POLICY.scopes.find(
          (scope) => policyInScope({ ...POLICY, scopes: [scope] }, facts).scope !== undefined,
        );
        expect(policyInScope(POLICY, facts).scope).toBe(alone?.name);
      }),
    );
  });
});
