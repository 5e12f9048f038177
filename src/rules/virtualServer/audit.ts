import { fieldsAt, itemsAt, textAt } from '../../kubernetes/record.ts';
import { invalid, notSupported } from '../finding.ts';
import { deny, type LoneObject, warn } from '../rule.ts';
import type { Finding } from '../verdict.ts';

export const auditRules = {
  'vmcp-config-audit': deny('Audit settings must be ones that the vMCP accepts.', 'VirtualMCPServer'),
  'vmcp-audit-always-on': warn(
    'Auditing must be switched off by leaving spec.config.audit out.',
    'VirtualMCPServer',
  ),
};

const AUDIT = 'spec.config.audit';

/** Source: `Validate` of toolhive v0.47.0, pkg/audit. */
const EVENT_TYPES = [
  'mcp_initialize',
  'mcp_tool_call',
  'mcp_tools_list',
  'mcp_resource_read',
  'mcp_resources_list',
  'mcp_prompt_get',
  'mcp_prompts_list',
  'mcp_notification',
  'mcp_ping',
  'mcp_logging',
  'mcp_completion',
  'mcp_roots_list_changed',
  'vmcp_workflow_started',
  'vmcp_workflow_completed',
  'vmcp_workflow_failed',
  'vmcp_workflow_timed_out',
  'vmcp_workflow_step_started',
  'vmcp_workflow_step_completed',
  'vmcp_workflow_step_failed',
  'vmcp_workflow_step_skipped',
  'mcp_request',
  'http_request',
];

/** The vMCP's container has a read-only root file system; only these folders can be written. */
const WRITABLE = /^\/(?:tmp|dev)\//;

function eventTypeFindings(audit: unknown, list: 'eventTypes' | 'excludeEventTypes'): Finding[] {
  return itemsAt(audit, list).flatMap(([index, type]) =>
    typeof type !== 'string' || EVENT_TYPES.includes(type)
      ? []
      : [
          notSupported(
            {
              rule: 'vmcp-config-audit',
              field: { shown: `${AUDIT}.${list}[${index}]`, stable: `${AUDIT}.${list}[]` },
              value: type,
            },
            EVENT_TYPES,
          ),
        ],
  );
}

function numberFindings(audit: Readonly<Record<string, unknown>>): Finding[] {
  const bounds = { maxDataSize: 0, maxDelegationDepth: 1 } as const;
  return Object.entries(bounds).flatMap(([name, least]) => {
    const value = audit[name];
    if (typeof value !== 'number' || value >= least) return [];
    return [
      invalid({
        rule: 'vmcp-config-audit',
        field: `${AUDIT}.${name}`,
        value: String(value),
        detail: `must be at least ${least}; the vMCP does not start otherwise`,
      }),
    ];
  });
}

/** `spec.config.audit`. The vMCP's validator judges it also when `enabled` is false. */
export function checkAudit({ spec }: LoneObject): Finding[] {
  const audit = fieldsAt(spec, 'config', 'audit');
  if (audit === undefined) return [];
  const findings = [
    ...eventTypeFindings(audit, 'eventTypes'),
    ...eventTypeFindings(audit, 'excludeEventTypes'),
    ...numberFindings(audit),
  ];
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
      value: String(audit.enabled ?? false),
      detail:
        'has no effect: the vMCP writes audit events whenever spec.config.audit is there; leave the whole block out to switch auditing off',
    }),
  ];
}
