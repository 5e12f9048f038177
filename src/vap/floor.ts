import type { Exception } from '../rules/findings/exceptions.ts';
import { RULE_IDS, type RuleId } from '../rules/index.ts';
import type { Policy, UrlPolicy } from '../rules/policy/policy.ts';
import type { Level } from '../rules/rule.ts';
import type { Cidr } from '../rules/url/addresses.ts';

/** What a policy demands of every object, whoever writes it and wherever. */
export interface Floor {
  readonly levels: Readonly<Record<RuleId, Level>>;
  readonly url: UrlPolicy;
  /** Globs. */
  readonly exemptNamespaces: readonly string[];
  /** Objects as `namespace/name` that may break a rule. */
  readonly excepted: ReadonlyMap<RuleId, readonly string[]>;
}

const BY_STRICTNESS: readonly Level[] = ['off', 'warn', 'deny'];

/** The level at which a rule is enforced. */
function levelIn({ levels, enforcement }: Policy, rule: RuleId): Level {
  return levels[rule] === 'deny' && enforcement === 'warn' ? 'warn' : levels[rule];
}

/** The items that are in every list. */
function inAll<T>(lists: readonly (readonly T[])[], key: (item: T) => string): T[] {
  const [first = [], ...others] = lists;
  return first.filter((item) => others.every((list) => list.some((other) => key(other) === key(item))));
}

const same = (text: string) => text;
const rangeKey = ([base, bits]: Cidr) => `${base.toString()}/${bits}`;

/**
 * The least that a policy and all of its scopes demand: CEL does not know which scope a request is in, and the floor must not
 * deny what the webhook admits. An exception stays in it until the policies are exported anew.
 */
export function floorOf(policy: Policy): Floor {
  const all = [policy, ...policy.scopes.map((scope) => scope.policy)];
  const levels = RULE_IDS.map((rule) => {
    const places = all.map((one) => BY_STRICTNESS.indexOf(levelIn(one, rule)));
    return [rule, BY_STRICTNESS[Math.min(...places)] ?? 'off'] as const;
  });
  const urls = all.map(({ url }) => url);
  const excepted = new Map<RuleId, string[]>();
  const exceptions: readonly Exception[] = all.flatMap((one) => [...one.exceptions.values()].flat());
  for (const { rule, namespace, name } of exceptions)
    excepted.set(rule, [...(excepted.get(rule) ?? []), `${namespace}/${name}`]);
  return {
    levels: Object.fromEntries(levels) as Record<RuleId, Level>,
    url: {
      blockedHosts: inAll(
        urls.map(({ blockedHosts }) => blockedHosts),
        same,
      ),
      blockedRanges: inAll(
        urls.map(({ blockedRanges }) => blockedRanges),
        rangeKey,
      ),
      allowedHosts: urls.flatMap(({ allowedHosts }) => allowedHosts),
      allowedRanges: urls.flatMap(({ allowedRanges }) => allowedRanges),
    },
    exemptNamespaces: policy.exemptNamespaces,
    excepted,
  };
}
