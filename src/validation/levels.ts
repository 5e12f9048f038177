import { oneLine } from '../admission/text.ts';
import type { Policy } from './policy.ts';
import type { Finding, Verdict } from './verdict.ts';

/** Sorts findings by the level that the policy gives their rule; those of rules that are off are dropped. */
export function toVerdict(findings: readonly Finding[], policy: Policy): Verdict {
  const at = (level: 'deny' | 'warn') => findings.filter(({ rule }) => policy.levels[rule] === level);
  return { denials: at('deny'), warnings: at('warn') };
}

/**
 * Ratcheting, as the API server does it for its own kinds: what was already wrong before the update, and is wrong in the
 * same way now, is a warning; it was stored before the rule existed and denying it would freeze the object.
 */
export function ratchet(verdict: Verdict, old: Verdict): Verdict {
  const before = new Set([...old.denials, ...old.warnings].map(({ identity }) => identity));
  const kept = verdict.denials.filter(({ identity }) => before.has(identity));
  if (kept.length === 0) return verdict;
  return {
    denials: verdict.denials.filter(({ identity }) => !before.has(identity)),
    warnings: [
      ...kept.map((finding) => ({
        ...finding,
        detail: oneLine(`not denied only because it is unchanged: ${finding.detail}`),
      })),
      ...verdict.warnings,
    ],
  };
}
