import type { Policy } from '../policy/policy.ts';
import { withException } from './exceptions.ts';
import type { Finding, Verdict } from './verdict.ts';

/** The verdict on an object without findings, as on most. */
export const CLEAN: Verdict = { denials: [], warnings: [] };

/** Sorts findings by the level that the policy gives their rule; those of rules that are off are dropped. */
export function toVerdict(findings: readonly Finding[], policy: Policy): Verdict {
  if (findings.length === 0) return CLEAN;
  const said = findings.map((finding) => withException(finding, policy));
  const at = (level: 'deny' | 'warn') => said.filter(({ rule }) => policy.levels[rule] === level);
  return { denials: at('deny'), warnings: at('warn') };
}

/** The findings of two verdicts on one object. */
export function joinVerdicts(first: Verdict, second: Verdict): Verdict {
  if (first === CLEAN) return second;
  if (second === CLEAN) return first;
  return {
    denials: [...first.denials, ...second.denials],
    warnings: [...first.warnings, ...second.warnings],
  };
}
