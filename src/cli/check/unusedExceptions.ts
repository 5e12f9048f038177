import { exceptionText, isOver } from '../../rules/findings/exceptions.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { CheckItem } from './checkReport.ts';

/**
 * The lines that name the exceptions of a policy without which nothing would be denied, for standard error.
 * @param items all objects of the cluster
 */
export function unusedExceptions(items: readonly CheckItem[], policy: Policy, now: Date): string {
  const used = new Set(
    items.flatMap(({ namespace, name, kind, warnings }) =>
      warnings
        .filter(({ exceptionUntil }) => exceptionUntil !== undefined)
        .flatMap(({ rule }) => [`${rule} ${namespace}/${name}`, `${rule} ${namespace}/${name} ${kind}`]),
    ),
  );
  return [...policy.exceptions.values()]
    .flat()
    .filter((exception) => !isOver(exception, now))
    .filter(
      ({ rule, namespace, name, kind }) =>
        !used.has([rule, `${namespace}/${name}`, kind ?? []].flat().join(' ')),
    )
    .map(
      (exception) =>
        `note: nothing in the cluster needs an exception of the policy: ${exceptionText(exception)}\n`,
    )
    .join('');
}
