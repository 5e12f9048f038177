import type { Finding } from './verdict.ts';

/** Findings of one check. More than a person reads or an answer shows; an object can hold half a million mistakes. */
export const MAX_FINDINGS = 2_000;

/** What a check finds at each item, in order. Ends at {@link MAX_FINDINGS}: no further item is looked at then. */
export function findEach<T>(items: Iterable<T>, find: (item: T) => Iterable<Finding>): Finding[] {
  const findings: Finding[] = [];
  for (const item of items)
    for (const finding of find(item)) {
      findings.push(finding);
      if (findings.length === MAX_FINDINGS) return findings;
    }
  return findings;
}
