import { oneLine } from '../../text/line.ts';
import type { Finding, Verdict } from '../findings/verdict.ts';
import { RULES, type RuleId } from '../index.ts';
import type { Policy } from './policy.ts';

function wouldBeDenied(finding: Finding): Finding {
  return {
    ...finding,
    wouldDeny: true,
    detail: oneLine(`would be denied by ${finding.rule}: ${finding.detail}`),
  };
}

/** The verdict as it is enforced: where the policy only warns, what would be denied is a warning that says so. */
export function enforced(verdict: Verdict, { enforcement }: Policy): Verdict {
  if (enforcement === 'deny') return verdict;
  return { denials: [], warnings: [...verdict.denials.map(wouldBeDenied), ...verdict.warnings] };
}

/** What a warn-only policy says about a backend that it would exclude. */
export function notEnforcedText(rule: RuleId, problem: string): string {
  return `would be excluded by ${rule} if the policy were enforced: ${problem}`;
}

/** The rules that say nothing without a policy. */
export const OF_POLICY: ReadonlySet<RuleId> = new Set([
  'remote-url-policy',
  'remote-host-not-allowed',
  'private-endpoint-forbidden',
  'ca-bundle-required',
  'name-not-allowed',
  'credential-host',
]);

/**
 * True when injection excludes what a rule denies. Where the policy only warns, it excludes what could stop a vMCP or send a
 * secret to another server (what is denied without any policy), and nothing that this team alone forbids.
 */
export function excludesFromPods(rule: RuleId, { enforcement }: Policy): boolean {
  return enforcement === 'deny' || (RULES[rule].level === 'deny' && !OF_POLICY.has(rule));
}
