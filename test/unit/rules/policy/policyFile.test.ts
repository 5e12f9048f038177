import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { problemText } from '../../../../src/rules/policy/documentProblems.ts';
import { parsePolicy, policyDocument } from '../../../../src/rules/policy/policyFile.ts';
import { policyOf } from './support.ts';

function problemsOf(text: string): string[] {
  const parsed = parsePolicy(parse(text));
  return parsed.ok ? [] : parsed.problems.map(problemText);
}

describe('what is told of a policy document', () => {
  const TOKEN = 'sk-live-9f8e7d6c5b4a39281706f5e4';

  it.each([
    [`credentials: [{secret: ${TOKEN}, hosts: []}]`],
    [`credentials: [{secret: a/b, hosts: ["https://u:${TOKEN}@h.example/?t=${TOKEN}"]}]`],
    [`"Authorization: Bearer ${TOKEN}": 1`],
    [`rules: {"X-Api-Key=${TOKEN}": deny, remote-url-private: ${TOKEN}}`],
    [`scopes: [{namespaceSelector: {matchLabels: {"Authorization: ${TOKEN}": 1}}}]`],
    [`exceptions: [{rule: ${TOKEN}, namespace: a, name: b, until: ${TOKEN}, reason: z}]`],
  ])('has no credential: %s', (text) => {
    const problems = problemsOf(text);
    expect(problems).not.toEqual([]);
    expect(problems.join()).not.toContain('9f8e7d6c');
  });
});

describe('a policy document', () => {
  it.each([
    ['ruls: {}', 'unknown key "ruls"; did you mean "rules"?'],
    ['zzzzz: 1', 'unknown key "zzzzz"; known are rules, urls, '],
    [
      'rules: {remote-url-privat: deny}',
      'rules: unknown rule "remote-url-privat"; did you mean "remote-url-private"?',
    ],
    ['rules: {zzzzz: deny}', 'rules: unknown rule "zzzzz"; "vmcp-admission explain" lists all rules'],
    ['rules: {malformed-field: off}', 'rules.malformed-field: is always deny'],
    [
      'scopes: [{namespaces: [a], enforcment: warn}]',
      'scopes[0]: unknown key "enforcment"; did you mean "enforcement"?',
    ],
    ['scopes: [{enforcement: warn}]', 'scopes[0]: must say what it is for: namespaces, '],
    ['scopes: [{namespaces: []}]', 'scopes[0].namespaces: must not be empty'],
    ['scopes: [{namespaceSelector: {}}]', 'scopes[0].namespaceSelector: selects everything'],
    [
      'scopes: [{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}]',
      'scopes[0].namespaceSelector.matchExpressions[0].values: must be given with In',
    ],
    ['- a', 'must be a mapping, and is a list'],
    ['enforcement: 5', 'enforcement: must be deny or warn; it is 5'],
    ['urls: {blockedCidrs: [10.0.0.0]}', 'urls.blockedCidrs[0]: "10.0.0.0" is not a valid CIDR'],
    [
      'scopes: [{zzzzz: 1, namespaces: [a]}]',
      'scopes[0]: unknown key "zzzzz"; known are name, namespaces, namespaceSelector, users, groups, rules, urls, ',
    ],
    [
      'scopes: [{namespaceSelector: {matchLabel: {}}}]',
      'scopes[0].namespaceSelector: unknown key "matchLabel"; did you mean "matchLabels"?',
    ],
    [
      'exceptions: [{namespace: a, name: b, until: 2026-01-01, reason: z}]',
      'exceptions[0].rule: is required',
    ],
    ['remoteHosts: {else: warn}', 'remoteHosts.allow: is required'],
    ['remoteHosts: {allow: ["https://a.example"]}', 'remoteHosts.allow[0]: must be a host name'],
    ['privateEndpoints: no', 'privateEndpoints: must be allow, warn or deny'],
    ['names: ["A*"]', 'names[0]: must be a name in lower case'],
    ['credentials: [{secret: a, hosts: []}]', 'credentials[0].secret: must be the namespace and the name'],
    [
      'credentials: [{secret: a/b, hosts: []}, {secret: a/b, hosts: []}]',
      'credentials[1].secret: "a/b" is listed twice',
    ],
    [
      'exceptions: [{rule: x, namespace: a, name: b, until: 2026-01-01, reason: z}]',
      'exceptions[0].rule: unknown rule',
    ],
    [
      'exceptions: [{rule: malformed-field, namespace: a, name: b, until: 2026-01-01, reason: z}]',
      'exceptions[0].rule: has no exceptions',
    ],
    [
      'exceptions: [{rule: remote-url-private, namespace: a, name: b, until: 2026-02-30, reason: z}]',
      'exceptions[0].until: must be a date such as 2026-12-31; it is "2026-02-30"',
    ],
    [
      'exceptions: [{rule: remote-url-private, namespace: a, name: "b-*", until: 2026-01-01, reason: z}]',
      'exceptions[0].name: must be the name of one object',
    ],
    [
      'exceptions: [{rule: remote-url-private, namespace: a, name: b, until: 2026-01-01, reason: " "}]',
      'exceptions[0].reason: must say why',
    ],
    [
      'exceptions: [{rule: remote-url-private, namespace: a, name: b, until: 2026-01-01}]',
      'exceptions[0].reason: is required',
    ],
  ])('is refused: %s', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems.find((found) => found.startsWith(problem)) ?? problems).toBeTypeOf('string');
  });

  it('is refused with the sentence alone where that says it all', () => {
    const rest = 'rule: remote-url-private, namespace: a, name: b, until: 2026-01-01';
    expect(problemsOf(`exceptions: [{${rest}, reason: " "}]`)).toEqual([
      'exceptions[0].reason: must say why',
    ]);
  });

  it('is printed in a form that is read as the same policy', () => {
    const policy = policyOf(`
rules: {remote-url-private: warn}
urls: {allowedCidrs: [100.64.0.0/10]}
enforcement: warn
remoteHosts: {allow: ["*.a.example", 10.0.0.0/8], else: warn}
privateEndpoints: warn
caBundle: {configMaps: [corp-ca]}
names: ["a-*"]
exemptNamespaces: [sandbox]
scopes: [{namespaces: [a], rules: {transport-unknown: "off"}}]
credentials: [{secret: a/b, hosts: [c.example]}]
exceptions: [{rule: remote-url-private, namespace: a, name: b, until: 2026-12-31, reason: why}]
`);
    const again = parsePolicy(policyDocument(policy));
    expect(again.ok && { ...again.policy, document: undefined }).toEqual({
      ...policy,
      document: undefined,
      scopes: policy.scopes.map((scope) => ({
        ...scope,
        policy: { ...scope.policy, document: expect.anything() },
      })),
    });
  });
});
