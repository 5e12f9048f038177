import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../../src/rules/policy/policyFile.ts';
import { policyInScope } from '../../../../src/rules/policy/scopes.ts';
import { withoutEffect } from '../../../../src/rules/policy/withoutEffect.ts';
import { policyOf } from './support.ts';

const LONG = 'a'.repeat(64);
const selector = (text: string) => `scopes: [{name: s, namespaceSelector: ${text}}]`;
const scopes = (...texts: string[]) => `scopes: [${texts.join(', ')}]`;
const exception = (text: string) => `[{rule: remote-url-private, until: 2999-01-01, reason: why, ${text}}]`;

describe('what a policy says to no effect', () => {
  it.each([
    [
      'a name that no namespace has',
      scopes('{name: s, namespaces: [a.b, team.*]}'),
      'scope "s" never matches: no namespace can have a name like "a.b", "team.*"',
    ],
    [
      'one such name of several',
      scopes('{name: s, namespaces: [a.b, team-*]}'),
      'scope "s": no namespace can have a name like "a.b"',
    ],
    [
      'a name that is too long',
      scopes(`{namespaces: ["*${LONG}"]}`),
      'scope "scopes[0]" never matches: no namespace',
    ],
    [
      'a scope after one for all',
      scopes('{namespaces: ["*"]}', '{name: s, users: [a]}'),
      '"scopes[0]" before it matches all that it would; move it up',
    ],
    [
      'a narrower scope',
      scopes('{namespaces: ["a-*"]}', '{name: s, namespaces: ["a-*-b", a-1], groups: [x]}'),
      'scope "s" never matches: the first',
    ],
    [
      'two scopes before one',
      scopes('{namespaces: [a]}', '{namespaces: [b]}', '{name: s, namespaces: [b, a]}'),
      '"scopes[1]", "scopes[0]" before it',
    ],
    [
      'callers who are named before',
      scopes('{users: ["u-*"], groups: [g]}', '{name: s, users: [u-1]}'),
      'scope "s" never matches: the first',
    ],
    [
      'labels that are selected before',
      scopes(
        '{namespaceSelector: {matchLabels: {a: b}}}',
        '{name: s, namespaceSelector: {matchLabels: {a: b, c: d}}}',
      ),
      'scope "s" never matches: the first',
    ],
    [
      'labels that one of several values is selected by',
      scopes(
        '{namespaceSelector: {matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: d, operator: Exists}]}}',
        '{name: s, namespaceSelector: {matchLabels: {a: b, d: e}}}',
      ),
      'scope "s" never matches: the first',
    ],
    [
      'labels that are selected before, with an expression that asks for more',
      scopes(
        '{namespaceSelector: {matchLabels: {a: b}}}',
        '{name: s, namespaceSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}}',
      ),
      'scope "s" never matches: the first',
    ],
    [
      'the same expressions',
      scopes(
        '{namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}',
        '{name: s, namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}',
      ),
      'scope "s" never matches: the first',
    ],
    [
      'groups that are named before',
      scopes('{groups: ["g-*", h]}', '{name: s, groups: [g-1, h]}'),
      'scope "s" never matches: the first',
    ],
    [
      'one value of two lists that the namespaces cannot have',
      'scopes: [{name: s, namespaces: [b], namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [a, b]}, {key: kubernetes.io/metadata.name, operator: In, values: [a, c]}]}}]',
      'scope "s" never matches: no namespace can have what it asks',
    ],
    [
      'a label with two values',
      selector('{matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [c]}]}'),
      'asks of the label "a"',
    ],
    [
      'a label that must be and not be',
      selector('{matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}'),
      'asks of the label "a"',
    ],
    [
      'all values refused',
      selector(
        '{matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: NotIn, values: [b, c]}]}',
      ),
      'asks of the label "a"',
    ],
    [
      'no name of its own',
      selector('{matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}'),
      'asks of the label "kubernetes.io/metadata.name"',
    ],
    [
      'another name',
      'scopes: [{name: s, namespaces: ["a-*"], namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}]',
      'scope "s" never matches: no namespace can have what it asks',
    ],
    [
      'an exempt namespace that cannot be',
      'exemptNamespaces: [a, "x.*"]',
      'exemptNamespaces: no namespace can have a name like "x.*"',
    ],
    [
      'a credential of no namespace',
      'credentials: [{secret: a.b/key, hosts: [c.example]}]',
      'credentials: no namespace can have the name in "a.b/key"',
    ],
    [
      'an exception of an exempt namespace',
      `exemptNamespaces: ["a-*"]\nexceptions: ${exception('namespace: a-1, name: x')}`,
      'exemptNamespaces exempts all objects',
    ],
    [
      'an exception of another kind',
      `exceptions: ${exception('namespace: a, name: x, kind: MCPGroup')}`,
      'the rule is not about MCPGroup, but about MCPServerEntry, MCPRemoteProxy',
    ],
    [
      'an exception from a rule that only warns',
      'exceptions: [{rule: remote-url-cleartext, until: 2999-01-01, reason: why, namespace: a, name: x}]',
      'the rule denies nothing by this policy',
    ],
    [
      'an exception of no namespace',
      `exceptions: ${exception('namespace: a.b, name: x')}`,
      'no namespace can have that name',
    ],
  ])('%s', (_what, text, note) => {
    expect(withoutEffect(policyOf(text))).toEqual([expect.stringContaining(note)]);
  });

  it.each([
    [
      'a narrower scope first',
      scopes('{namespaces: [a-1]}', '{namespaces: ["a-*"]}', '{users: [u]}', '{namespaces: ["*"]}'),
    ],
    ['other globs', scopes('{namespaces: ["a-*-b"]}', '{namespaces: ["a-*"]}', '{namespaces: ["*-b"]}')],
    [
      'callers first',
      scopes('{users: [a], namespaces: ["*"]}', '{namespaces: [x]}', '{users: [a], groups: [g]}'),
    ],
    [
      'labels that only look alike',
      scopes(
        '{namespaceSelector: {matchExpressions: [{key: c, operator: DoesNotExist}]}}',
        '{namespaceSelector: {matchLabels: {a: b}}}',
      ),
    ],
    [
      'one of two values',
      selector(
        '{matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: a, operator: NotIn, values: [b]}]}',
      ),
    ],
    [
      'its own name',
      'scopes: [{namespaces: ["a-*"], namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a-1}}}]',
    ],
    ['a name of the greatest length, with any before it', `scopes: [{namespaces: ["*${LONG.slice(1)}"]}]`],
    ['its own name, for any namespace', selector('{matchLabels: {kubernetes.io/metadata.name: a-1}}')],
    [
      'two labels, each with a value of its own',
      selector(
        '{matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}, {key: e, operator: DoesNotExist}]}',
      ),
    ],
    [
      'a value of two lists',
      selector(
        '{matchLabels: {a: c}, matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: a, operator: In, values: [c, d]}]}',
      ),
    ],
    ['groups after users', scopes('{users: [a]}', '{users: [a, b]}', '{groups: [a]}', '{namespaces: ["*"]}')],
    ['all groups but one before', scopes('{groups: [g]}', '{groups: [g, h]}')],
    ['labels before any', scopes('{namespaceSelector: {matchLabels: {a: b}}}', '{namespaces: ["*"]}')],
    [
      'labels without the one that is selected before',
      scopes('{namespaceSelector: {matchLabels: {a: b}}}', '{namespaceSelector: {matchLabels: {c: d}}}'),
    ],
    [
      'labels, and an expression that asks for more',
      scopes(
        '{namespaceSelector: {matchLabels: {a: b}}}',
        '{namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}',
      ),
    ],
    [
      'labels beside one that must be another',
      scopes(
        '{namespaceSelector: {matchExpressions: [{key: c, operator: NotIn, values: [d]}]}}',
        '{namespaceSelector: {matchLabels: {a: b}}}',
      ),
    ],
    ['one of two namespaces before it', scopes('{namespaces: [a]}', '{namespaces: [a, b]}')],
    [
      'an exception of a rule that a scope denies',
      `rules: {remote-url-private: warn}\nscopes: [{namespaces: [a], rules: {remote-url-private: deny}}]\nexceptions: ${exception('namespace: a, name: x')}`,
    ],
    [
      'an exception of a rule that a scope only warns of',
      `scopes: [{namespaces: [b], rules: {remote-url-private: warn}}]\nexceptions: ${exception('namespace: a, name: x')}`,
    ],
    ['lists that can match', `exemptNamespaces: ["*"]\ncredentials: [{secret: a/b.c, hosts: [c.example]}]`],
    [
      'an exception that can apply',
      `exceptions: ${exception('namespace: a, name: x.y, kind: MCPServerEntry')}`,
    ],
  ])('nothing: %s', (_what, text) => {
    expect(withoutEffect(policyOf(text))).toEqual([]);
  });
});

const few = (...values: string[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined });
const label = fc.record({
  key: fc.constantFrom('x', 'kubernetes.io/metadata.name'),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.subarray(['a-1', 'b'], { minLength: 1 }),
});
const labelSelector = fc.array(label, { minLength: 1, maxLength: 3 }).map((all) => ({
  matchExpressions: all.map(({ values, ...one }) => (one.operator.endsWith('In') ? { ...one, values } : one)),
}));
const labels = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('a-1', 'b'));
const scope = fc.record({
  namespaces: few('a-*', '*', 'a-1', 'b', '*1', 'a.b'),
  namespaceSelector: fc.option(
    fc.oneof(
      labelSelector,
      labels.filter((all) => Object.keys(all).length > 0).map((matchLabels) => ({ matchLabels })),
    ),
    { nil: undefined },
  ),
  users: few('u-*', 'u-1', '*'),
  groups: few('g', '*'),
});
const facts = fc
  .record({
    namespace: fc.constantFrom('a-1', 'a-2', 'b', 'c1'),
    caller: fc.option(
      fc.record({ user: fc.constantFrom('u-1', 'u-2', 'v'), groups: fc.subarray(['g', 'h']) }),
      { nil: undefined },
    ),
    labels,
  })
  .map((given) => ({
    ...given,
    labels: { ...given.labels, 'kubernetes.io/metadata.name': given.namespace },
  }));

it('no request has a scope of which is said that it never matches', () => {
  let said = 0;
  fc.assert(
    fc.property(
      fc.array(scope, { minLength: 1, maxLength: 4 }),
      fc.array(facts, { minLength: 10, maxLength: 20 }),
      (all, requests) => {
        const parsed = parsePolicy({ scopes: all.map((one, index) => ({ name: `s${index}`, ...one })) });
        if (!parsed.ok) return;
        const never = withoutEffect(parsed.policy).flatMap(
          (note) => /^scope "(s\d)" never/.exec(note)?.[1] ?? [],
        );
        said += never.length;
        for (const request of requests)
          expect(never).not.toContain(policyInScope(parsed.policy, request).scope);
      },
    ),
    { numRuns: 300 },
  );
  expect(said).toBeGreaterThan(50);
});
