import { parse } from 'yaml';
import { problemText } from '../../../../src/rules/policy/documentProblems.ts';
import type { Policy } from '../../../../src/rules/policy/policy.ts';
import { parsePolicy } from '../../../../src/rules/policy/policyFile.ts';

/** The policy of a YAML text. @throws with what is wrong with it. */
export function policyOf(text: string): Policy {
  const parsed = parsePolicy(parse(text));
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join('; '));
  return parsed.policy;
}
