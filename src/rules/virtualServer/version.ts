import { fieldsAt, textAt } from '../../kubernetes/record.ts';
import { hasBehaviour, toolhiveVersionText } from '../../toolhive/versions.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { type LoneObject, warn } from '../rule.ts';

export const versionRules = {
  'vmcp-timeouts-ignored': warn(
    'Time-outs of backends must be set for a ToolHive that heeds them.',
    'VirtualMCPServer',
  ),
  'vmcp-partial-failure-ignored': warn(
    'partialFailureMode must not be relied on: no ToolHive heeds it.',
    'VirtualMCPServer',
  ),
};

/** Which releases ignore the time-outs, as the end of a sentence; undefined when the one that runs heeds it. */
function timeoutsIgnored({ toolhive }: Policy): string | undefined {
  const has = hasBehaviour('backend-timeouts', toolhive);
  if (has === true) return undefined;
  return has === false && toolhive
    ? `is ignored by ToolHive ${toolhiveVersionText(toolhive)}, which runs here: every call ends after 30 s; update to v0.47 or newer`
    : 'is ignored by ToolHive before v0.47, where every call ends after 30 s; say with --toolhive-version which release runs here';
}

function timeoutFindings(spec: unknown, policy: Policy): Finding[] {
  const ignored = timeoutsIgnored(policy);
  if (ignored === undefined || !fieldsAt(spec, 'config', 'operational', 'timeouts')) return [];
  return [
    invalid({
      rule: 'vmcp-timeouts-ignored',
      field: 'spec.config.operational.timeouts',
      violations: [{ parts: [] }],
      detail: ignored,
    }),
  ];
}

function partialFailureFindings(spec: unknown): Finding[] {
  if (textAt(spec, 'config', 'operational', 'failureHandling', 'partialFailureMode') !== 'best_effort')
    return [];
  return [
    invalid({
      rule: 'vmcp-partial-failure-ignored',
      field: 'spec.config.operational.failureHandling.partialFailureMode',
      value: 'best_effort',
      detail:
        'is checked and then never used: backends that do not answer are left out whatever it says; remove it',
    }),
  ];
}

/** Settings that depend on the release of ToolHive. What the release is may be unknown, so nothing here is denied. */
export function checkVersion({ spec }: LoneObject, policy: Policy): Finding[] {
  return [...timeoutFindings(spec, policy), ...partialFailureFindings(spec)];
}
