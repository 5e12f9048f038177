import { ruleUrl } from '../docs.ts';
import { RULES, type RuleId } from '../rules/index.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Level } from '../rules/rule.ts';
import { OTHER_PLURALS, PLURALS, TOOLHIVE_GROUP } from '../toolhive/kinds.ts';
import { matches, texts } from './cel.ts';
import type { CelRule } from './celRule.ts';
import { celRules } from './celRules.ts';
import { type Floor, floorOf } from './floor.ts';

const API_VERSION = 'admissionregistration.k8s.io/v1';
const PART_OF = { 'app.kubernetes.io/name': 'vmcp-admission', 'app.kubernetes.io/component': 'policy' };

/** An object as it is printed. */
export type VapObject = Readonly<Record<string, unknown>>;

function metadata(rule: string): object {
  return {
    name: `vmcp-admission-${rule}`,
    labels: PART_OF,
    annotations: { 'vmcp-admission.dev/rule': rule, 'vmcp-admission.dev/docs': ruleUrl(rule) },
  };
}

function sorted(names: Iterable<string>): string {
  return texts([...new Set(names)].sort());
}

/** True when a text is one of the globs. */
function matchesAnyGlob(value: string, globs: readonly string[]): string {
  const [patterns, names] = [true, false].map((wanted) =>
    globs.filter((glob) => glob.includes('*') === wanted),
  ) as [string[], string[]];
  return [
    ...(names.length === 0 ? [] : [`${value} in ${sorted(names)}`]),
    ...patterns
      .toSorted()
      .map((glob) => matches(value, `^${glob.replaceAll('.', '[.]').replaceAll('*', '.*')}$`)),
  ].join(' || ');
}

/** The namespaces and the objects that a rule does not apply to. */
function exemptions(rule: RuleId, { exemptNamespaces, excepted }: Floor): object {
  const objects = excepted.get(rule) ?? [];
  const conditions = [
    ...(exemptNamespaces.length === 0
      ? []
      : [{ name: 'not-exempt', expression: `!(${matchesAnyGlob('request.namespace', exemptNamespaces)})` }]),
    ...(objects.length === 0
      ? []
      : [
          {
            name: 'not-excepted',
            expression: `!((request.namespace + "/" + request.name) in ${sorted(objects)})`,
          },
        ]),
  ];
  return conditions.length === 0 ? {} : { matchConditions: conditions };
}

/**
 * The policy of one rule. An update is let through when the old object broke the rule in the same way, as in the webhook; what
 * the old object broke is only computed for an object that breaks something.
 */
function toPolicy({ rule, kinds, violations }: CelRule, floor: Floor): VapObject {
  const plurals: Readonly<Record<string, string>> = { ...PLURALS, ...OTHER_PLURALS };
  return {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: metadata(rule),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [TOOLHIVE_GROUP],
            apiVersions: ['*'],
            operations: ['CREATE', 'UPDATE'],
            resources: kinds.map((kind) => plurals[kind]),
          },
        ],
      },
      ...exemptions(rule, floor),
      variables: [
        { name: 'now', expression: violations('object') },
        { name: 'before', expression: `oldObject == null ? [] : (${violations('oldObject')})` },
      ],
      validations: [
        {
          expression: 'variables.now.all(v, v in variables.before)',
          message: `${RULES[rule].summary} [${rule}] ${ruleUrl(rule)}`,
          reason: 'Invalid',
        },
      ],
    },
  };
}

const ACTIONS: Readonly<Record<Exclude<Level, 'off'>, string>> = { deny: 'Deny', warn: 'Warn' };

function toBinding(rule: string, level: Exclude<Level, 'off'>): VapObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: metadata(rule),
    spec: { policyName: `vmcp-admission-${rule}`, validationActions: [ACTIONS[level]] },
  };
}

/** ValidatingAdmissionPolicies with their bindings for the rules that look at one object and that CEL can say. */
export function vapObjects(policy: Policy): readonly VapObject[] {
  const floor = floorOf(policy);
  return celRules(floor).flatMap((rule) => {
    const level = floor.levels[rule.rule];
    return level === 'off' ? [] : [toPolicy(rule, floor), toBinding(rule.rule, level)];
  });
}
