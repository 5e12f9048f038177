import { exceptionsOver, exceptionText } from '../../rules/findings/exceptions.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { withoutEffect } from '../../rules/policy/withoutEffect.ts';

/** The lines that say which parts of a policy have no effect, for standard error; empty when all have one. */
export function policyNote(policy: Policy, now: Date): string {
  const over = exceptionsOver(policy, now).map(
    (exception) => `an exception of the policy is over and has no effect: ${exceptionText(exception)}`,
  );
  const never = withoutEffect(policy).map((text) => `policy: ${text}`);
  return [...over, ...never].map((text) => `note: ${text}\n`).join('');
}
