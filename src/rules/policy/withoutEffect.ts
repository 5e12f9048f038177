import { type LabelSelector, selects } from '../../kubernetes/labelSelector.ts';
import { oneLine } from '../../text/line.ts';
import { matchesGlob } from '../globs.ts';
import { RULES } from '../index.ts';
import { isExempt, type Policy } from './policy.ts';
import type { Scope } from './scopes.ts';

/** The length of an RFC 1123 label, which a namespace's name must be. */
const MAX_NAMESPACE = 63;

/** True when a glob may match the name of a namespace, which has no dots, unlike those of other objects. */
function canBeNamespace(glob: string): boolean {
  return !glob.includes('.') && glob.replaceAll('*', '').length <= MAX_NAMESPACE;
}

/** The label that every namespace has with its own name. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** The values that a selector leaves to a label; undefined when they are any. `absent`: whether it may be missing. */
function leftTo(key: string, { matchLabels, matchExpressions }: LabelSelector) {
  const asked = matchExpressions.filter((expression) => expression.key === key);
  const lists = [
    ...(Object.hasOwn(matchLabels, key) ? [[matchLabels[key] ?? '']] : []),
    ...asked.filter(({ operator }) => operator === 'In').map(({ values }) => values),
  ];
  const [first, ...others] = lists;
  const isRefused = (value: string) =>
    asked.some(({ operator, values }) => operator === 'NotIn' && values.includes(value));
  return {
    values: first?.filter((value) => others.every((list) => list.includes(value)) && !isRefused(value)),
    absent: first === undefined && !asked.some(({ operator }) => operator === 'Exists'),
    present: !asked.some(({ operator }) => operator === 'DoesNotExist'),
  };
}

/** The label of which a selector asks what no namespace of the globs can have; undefined when there is none. */
function contradiction(selector: LabelSelector, namespaces: readonly string[] | undefined) {
  const keys = [
    ...Object.keys(selector.matchLabels),
    ...selector.matchExpressions.map((expression) => expression.key),
  ];
  return keys.find((key) => {
    const { values, absent, present } = leftTo(key, selector);
    const isName = key === NAME_LABEL;
    const possible = isName
      ? values?.filter((name) => namespaces === undefined || matchesGlob(name, namespaces))
      : values;
    const canBePresent = present && possible?.length !== 0;
    return !canBePresent && (isName || !absent);
  });
}

/**
 * True when one of the globs matches all that a glob matches: as a text, its `*` can only be matched by a `*`, which then
 * matches whatever stands there.
 */
function coversGlob(globs: readonly string[] | undefined, glob: string): boolean {
  return globs === undefined || matchesGlob(glob, globs);
}

function coversCallers(earlier: Scope, { users, groups }: Scope): boolean {
  if (earlier.users === undefined && earlier.groups === undefined) return true;
  if (users === undefined && groups === undefined) return false;
  const each = (own: readonly string[] | undefined, others: readonly string[] | undefined) =>
    own === undefined || (others !== undefined && own.every((glob) => coversGlob(others, glob)));
  return each(users, earlier.users) && each(groups, earlier.groups);
}

function coversLabels({ namespaceSelector: earlier }: Scope, { namespaceSelector: later }: Scope): boolean {
  if (earlier === undefined) return true;
  if (later === undefined) return false;
  // The other operators ask that a label is absent or has another value, which labels that are asked for do not show.
  const isShown = earlier.matchExpressions.every(({ operator }) => ['In', 'Exists'].includes(operator));
  return (
    (isShown && selects(earlier, later.matchLabels)) || JSON.stringify(earlier) === JSON.stringify(later)
  );
}

/** The earlier scopes that decide in all cases in which a scope would; undefined when some are left to it. */
function coveredBy(scope: Scope, before: readonly Scope[]): string[] | undefined {
  const same = before.filter((earlier) => coversCallers(earlier, scope) && coversLabels(earlier, scope));
  const found = (scope.namespaces ?? ['*']).map(
    (glob) => same.find(({ namespaces }) => coversGlob(namespaces, glob))?.name,
  );
  return found.every((name) => name !== undefined) ? [...new Set(found)] : undefined;
}

function aboutScope(scope: Scope, before: readonly Scope[]): string[] {
  const { name, namespaces, namespaceSelector } = scope;
  const scopeName = `scope "${name}"`;
  const impossible = (namespaces ?? []).filter((glob) => !canBeNamespace(glob));
  if (impossible.length === namespaces?.length)
    return [`${scopeName} never matches: no namespace can have a name like "${impossible.join('", "')}"`];
  const notes = impossible.map(
    (glob) => `${scopeName}: no namespace can have a name like "${glob}", so it has no effect`,
  );
  const key = namespaceSelector && contradiction(namespaceSelector, namespaces);
  if (key !== undefined)
    return [...notes, `${scopeName} never matches: no namespace can have what it asks of the label "${key}"`];
  const covering = coveredBy(scope, before);
  if (covering === undefined) return notes;
  const earlier = covering.map((other) => `"${other}"`).join(', ');
  return [
    ...notes,
    `${scopeName} never matches: the first scope that matches decides, and ${earlier} before it matches all that it would; move it up`,
  ];
}

function aboutExceptions(policy: Policy): string[] {
  return [...policy.exceptions.values()].flat().flatMap(({ rule, kind, namespace, name }) => {
    const exception = `the exception from ${rule} for ${namespace}/${name}`;
    if (!canBeNamespace(namespace)) return [`${exception} has no effect: no namespace can have that name`];
    if (isExempt(policy, namespace))
      return [`${exception} has no effect: exemptNamespaces exempts all objects of its namespace`];
    if (
      ![policy, ...policy.scopes.map((scope) => scope.policy)].some(({ levels }) => levels[rule] === 'deny')
    )
      return [`${exception} has no effect: the rule denies nothing by this policy`];
    // A target may be the status of a kind.
    const kinds = new Set(RULES[rule].targets.map((target) => target.split(' ')[0] ?? ''));
    if (kind === undefined || kinds.has(kind)) return [];
    return [`${exception} has no effect: the rule is not about ${kind}, but about ${[...kinds].join(', ')}`];
  });
}

/** What a policy says to no effect, each as a sentence: parts that can never apply to an object. */
export function withoutEffect(policy: Policy): readonly string[] {
  const { scopes, exemptNamespaces, credentials } = policy;
  const lists: string[] = [
    ...exemptNamespaces
      .filter((glob) => !canBeNamespace(glob))
      .map((glob) => `exemptNamespaces: no namespace can have a name like "${glob}", so it has no effect`),
    ...[...credentials.keys()]
      .filter((secret) => !canBeNamespace(secret.split('/')[0] ?? ''))
      .map((secret) => `credentials: no namespace can have the name in "${secret}", so it guards no Secret`),
  ];
  return [
    ...lists,
    ...scopes.flatMap((scope, index) => aboutScope(scope, scopes.slice(0, index))),
    ...aboutExceptions(policy),
  ].map((note) => oneLine(note));
}
