import { fieldsAt, textAt } from '../../kubernetes/record.ts';
import { closest } from '../../text/closest.ts';
import { quoted } from '../../text/line.ts';
import { VMCP_CONFIG } from '../../toolhive/vmcpConfig/shape.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type LoneObject, warn } from '../rule.ts';

export const ignoredFieldRules = {
  'vmcp-config-unknown-field': warn(
    'spec.config must have only fields that ToolHive knows.',
    'VirtualMCPServer',
  ),
  'vmcp-config-ignored': warn('A setting must stand where ToolHive reads it.', 'VirtualMCPServer'),
};

const KNOWN = Object.keys(VMCP_CONFIG.fields);

/** The schema keeps unknown fields at the top level of `spec.config`, kubectl does not complain, and the operator drops them. */
export function checkUnknownFields({ spec }: LoneObject): Finding[] {
  return Object.keys(fieldsAt(spec, 'config') ?? {})
    .filter((field) => !KNOWN.includes(field))
    .map((field) => {
      const [meant] = closest(field, KNOWN);
      const hint = meant === undefined ? `known are ${KNOWN.join(', ')}` : `did you mean ${meant}?`;
      return invalid({
        rule: 'vmcp-config-unknown-field',
        field: 'spec.config',
        value: field,
        detail: `ToolHive has no field ${quoted(field)} here and drops it without a message; ${hint}`,
      });
    });
}

/** What the operator writes into the config, whatever `spec.config` has of that name. Source: its converter. */
const WRITTEN_FROM: Readonly<Record<string, string>> = {
  incomingAuth: 'spec.incomingAuth',
  outgoingAuth: 'spec.outgoingAuth',
  sessionStorage: 'spec.sessionStorage',
  telemetry: 'spec.telemetryConfigRef',
};

function ignored(field: string, place: string): Finding {
  const detail = `is ignored: ToolHive reads ${place}; move it there`;
  return invalid({ rule: 'vmcp-config-ignored', field: `spec.config.${field}`, detail });
}

/** Fields of `spec.config` that the operator overwrites. */
export function checkOverwrittenFields({ spec, name: ownName }: LoneObject): Finding[] {
  const config = fieldsAt(spec, 'config') ?? {};
  const findings = Object.entries(WRITTEN_FROM)
    .filter(([field]) => config[field] !== undefined && config[field] !== null)
    .map(([field, place]) => ignored(field, place));
  const name = textAt(config, 'name');
  if (name !== undefined && name !== ownName) findings.push(ignored('name', 'metadata.name'));
  const outer = spec.passthroughHeaders;
  if (Array.isArray(outer) && outer.length > 0 && Array.isArray(config.passthroughHeaders))
    findings.push(ignored('passthroughHeaders', 'spec.passthroughHeaders, which is set too'));
  return findings;
}
