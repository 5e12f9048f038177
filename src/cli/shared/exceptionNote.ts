import { exceptionsOver, exceptionText } from '../../rules/findings/exceptions.ts';
import type { Policy } from '../../rules/policy/policy.ts';

/** The lines that say which exceptions of a policy are over, for standard error; empty when none is. */
export function exceptionNote(policy: Policy, now: Date): string {
  return exceptionsOver(policy, now)
    .map(
      (exception) =>
        `note: an exception of the policy is over and has no effect: ${exceptionText(exception)}\n`,
    )
    .join('');
}
