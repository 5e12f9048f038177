import { oneLine } from '../../text/line.ts';
import type { Finding, Verdict } from './verdict.ts';

/** How often an object has each violation, by identity. */
type Counts = Map<string, number>;

function countViolations(findings: readonly Finding[]): Counts {
  const counts: Counts = new Map();
  for (const { violations } of findings)
    for (const { identity, times } of violations()) counts.set(identity, (counts.get(identity) ?? 0) + times);
  return counts;
}

/** Takes the violations of a finding from those that the old object had; false when it has one more often. */
function takeFrom(left: Counts, finding: Finding): boolean {
  const wanted = [...countViolations([finding])];
  if (wanted.some(([identity, times]) => (left.get(identity) ?? 0) < times)) return false;
  for (const [identity, times] of wanted) left.set(identity, (left.get(identity) ?? 0) - times);
  return true;
}

function preExisting(finding: Finding): Finding {
  return {
    ...finding,
    detail: oneLine(
      `pre-existing violation, allowed because this update does not touch it: ${finding.detail}`,
    ),
  };
}

/**
 * The verdict on an update: a finding whose violations the old object had too, each at least as often, becomes a warning.
 * Such an object was stored before the rule existed or while the webhook was away, and a denial would freeze it. The API
 * server calls this ratcheting, for its own kinds.
 */
export function ratchet(verdict: Verdict, old: Verdict): Verdict {
  const left = countViolations(old.denials);
  const denials: Finding[] = [];
  const kept: Finding[] = [];
  for (const finding of verdict.denials) (takeFrom(left, finding) ? kept : denials).push(finding);
  return { denials, warnings: [...kept.map(preExisting), ...verdict.warnings] };
}
