import { fieldsAt, textAt } from '../../kubernetes/record.ts';
import { auditProblems } from '../../toolhive/vmcpConfig/audit.ts';
import { findEach } from '../findings/each.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';
import { configFinding } from './configSections.ts';

export const auditRules = {
  'vmcp-config-audit': deny('Audit settings must be ones that the vMCP accepts.', 'VirtualMCPServer'),
  'vmcp-audit-always-on': warn(
    'Auditing must be switched off by leaving spec.config.audit out.',
    'VirtualMCPServer',
  ),
};

const AUDIT = 'spec.config.audit';

/** The vMCP's container has a read-only root file system; only these folders can be written. */
const WRITABLE = /^\/(?:tmp|dev)\//;

/** `spec.config.audit`. The vMCP's validator judges it also when `enabled` is false. */
export function checkAudit({ spec }: LoneObject): Finding[] {
  const audit = fieldsAt(spec, 'config', 'audit');
  const findings = findEach(auditProblems(audit), (problem) => [configFinding('vmcp-config-audit', problem)]);
  const logFile = textAt(audit, 'logFile');
  if (logFile !== undefined && !WRITABLE.test(logFile) && fieldsAt(spec, 'podTemplateSpec') === undefined)
    findings.push(
      invalid({
        rule: 'vmcp-config-audit',
        field: `${AUDIT}.logFile`,
        value: logFile,
        detail:
          'the root file system of the vMCP is read-only, so it cannot write this file and does not start; leave logFile out to audit to the log, or mount a volume with podTemplateSpec',
      }),
    );
  return findings;
}

/** The operator hands the block on, and the vMCP audits when there is one: `enabled` has no effect. */
export function checkAuditSwitch({ spec }: LoneObject): Finding[] {
  const audit = fieldsAt(spec, 'config', 'audit');
  if (audit === undefined || audit.enabled === true) return [];
  return [
    invalid({
      rule: 'vmcp-audit-always-on',
      field: `${AUDIT}.enabled`,
      value: 'false',
      detail:
        'has no effect: the vMCP writes audit events whenever spec.config.audit is there; leave the whole block out to switch auditing off',
    }),
  ];
}
