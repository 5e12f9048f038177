import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/rules/index.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { parsePolicy } from '../../../src/rules/policy/policyFile.ts';
import { celRules } from '../../../src/vap/celRules.ts';
import { floorOf } from '../../../src/vap/floor.ts';
import { vapObjects } from '../../../src/vap/policies.ts';

function policyOf(document: object): Policy {
  const read = parsePolicy(document);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policy;
}

const BLOCKING = policyOf({ urls: { blockedHosts: ['bad.example'] } });

// That the API server takes these policies, and what they say of every example, is an end-to-end test.
describe('the exported policies', () => {
  it('are about kinds that their rules apply to, each rule once', () => {
    const rules = celRules(BLOCKING);
    for (const { rule, kinds } of rules)
      expect(RULES[rule].targets).toEqual(expect.arrayContaining([...kinds]));
    expect(new Set(rules.map(({ rule }) => rule)).size).toBe(rules.length);
  });

  it('are those that docs/policy-export.md lists, with their levels', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/policy-export.md'), 'utf8');
    const listed = [...text.matchAll(/^\| \[([a-z-]+)\]\(rules\/\1\.md\) \| (deny|warn) \|/gm)];
    const rules = celRules(BLOCKING).map(({ rule }) => [rule, RULES[rule].level]);
    expect(listed.map(([, rule, level]) => [rule, level])).toEqual(rules.sort());
  });

  it('each have a binding of their name, and the id of the rule in name, annotation and message', () => {
    const objects = vapObjects(BLOCKING);
    for (let index = 0; index < objects.length; index += 2) {
      const [policy, binding] = [objects[index], objects[index + 1]] as unknown as [
        {
          metadata: { name: string; annotations: Record<string, string> };
          spec: { validations: { message: string }[] };
        },
        { metadata: { name: string }; spec: { policyName: string } },
      ];
      const { name, annotations } = policy.metadata;
      const rule = annotations['vmcp-admission.dev/rule'];
      expect([name, binding.metadata.name, binding.spec.policyName]).toEqual(
        Array(3).fill(`vmcp-admission-${rule}`),
      );
      expect(policy.spec.validations[0]?.message).toContain(`[${rule}]`);
    }
  });
});

describe('the floor of a policy', () => {
  const floor = floorOf(
    policyOf({
      rules: { 'remote-url-cleartext': 'deny', 'remote-url-private': 'deny' },
      urls: {
        blockedHosts: ['a.example', 'b.example'],
        blockedCidrs: ['9.0.0.0/8'],
        allowedCidrs: ['10.1.0.0/16'],
      },
      exemptNamespaces: ['kube-system'],
      exceptions: [
        { rule: 'remote-url-port', namespace: 'pay', name: 'old', until: '2999-01-01', reason: 'moves' },
        { rule: 'remote-url-port', namespace: 'pay', name: 'older', until: '2999-01-01', reason: 'moves' },
      ],
      scopes: [
        {
          namespaces: ['lab-*'],
          rules: { 'remote-url-private': 'off', 'remote-url-cleartext': 'warn' },
          urls: { blockedHosts: ['b.example'], allowedHosts: ['c.example'], blockedCidrs: ['8.0.0.0/8'] },
        },
        { namespaces: ['new-*'], enforcement: 'warn' },
      ],
    }),
  );

  it('has the least level of every scope', () => {
    const { levels } = floor;
    expect(levels).toMatchObject({
      'remote-url-private': 'off',
      'remote-url-cleartext': 'warn',
      // The second scope denies nothing.
      'remote-url-syntax': 'warn',
    });
    expect(floorOf(defaultPolicy()).levels).toEqual(defaultPolicy().levels);
  });

  it('blocks what every scope blocks, and allows what one allows', () => {
    const { blockedHosts, allowedHosts, blockedRanges, allowedRanges } = floor.url;
    const ranges = (list: typeof blockedRanges) => list.map(([base, bits]) => `${base.toString()}/${bits}`);
    expect(blockedHosts).toEqual(['b.example']);
    expect(allowedHosts).toEqual(['c.example']);
    expect(ranges(blockedRanges)).toEqual([]);
    expect(new Set(ranges(allowedRanges))).toEqual(new Set(['10.1.0.0/16']));
  });

  it('leaves out exempt namespaces and objects with an exception', () => {
    expect(floor.exemptNamespaces).toEqual(['kube-system']);
    expect(new Set(floor.excepted.get('remote-url-port'))).toEqual(new Set(['pay/old', 'pay/older']));
    const [policy] = vapObjects(
      policyOf({
        exemptNamespaces: ['lab-*', 'kube-system', '*-tmp'],
        exceptions: [
          { rule: 'undecodable-field', namespace: 'pay', name: 'old', until: '2999-01-01', reason: 'moves' },
        ],
      }),
    );
    expect(policy).toMatchObject({
      spec: {
        matchConditions: [
          {
            expression:
              '!(request.namespace in ["kube-system"] || request.namespace.matches("^.*-tmp$") || request.namespace.matches("^lab-.*$"))',
          },
          { expression: '!((request.namespace + "/" + request.name) in ["pay/old"])' },
        ],
      },
    });
  });
});
