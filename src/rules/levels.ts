import { oneLine } from '../text.ts';
import { identityOf } from './finding.ts';
import type { Policy } from './policy/policy.ts';
import type { Finding, Verdict } from './verdict.ts';

/** Nothing to say; most objects are like that. */
export const CLEAN: Verdict = { denials: [], warnings: [] };

/** Sorts findings by the level that the policy gives their rule; those of rules that are off are dropped. */
export function toVerdict(findings: readonly Finding[], policy: Policy): Verdict {
  if (findings.length === 0) return CLEAN;
  const at = (level: 'deny' | 'warn') => findings.filter(({ rule }) => policy.levels[rule] === level);
  return { denials: at('deny'), warnings: at('warn') };
}

/**
 * Ratcheting, as the API server does it for its own kinds: what was already wrong before the update, and is wrong in the
 * same way now, is a warning; it was stored before the rule existed and denying it would freeze the object.
 */
export function ratchet(verdict: Verdict, old: Verdict): Verdict {
  const before = new Set([...old.denials, ...old.warnings].map(identityOf));
  const kept = verdict.denials.filter((finding) => before.has(identityOf(finding)));
  if (kept.length === 0) return verdict;
  const isKept = new Set(kept);
  return {
    denials: verdict.denials.filter((finding) => !isKept.has(finding)),
    warnings: [
      ...kept.map((finding) => ({
        ...finding,
        detail: oneLine(`not denied only because it is unchanged: ${finding.detail}`),
      })),
      ...verdict.warnings,
    ],
  };
}
