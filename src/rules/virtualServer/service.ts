import { textAt } from '../../kubernetes/record.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';

export const vmcpServiceRules = {
  'vmcp-name-without-service': deny(
    'The name of a vMCP must give its Service a valid name.',
    'VirtualMCPServer',
  ),
  'vmcp-own-service-account': warn(
    'A ServiceAccount of your own must have the rights that dynamic mode needs.',
    'VirtualMCPServer',
  ),
};

/** `vmcp-` before it makes the 63 characters of a DNS label. */
const MAX_NAME = 58;

/** The operator calls the Service `vmcp-<name>`, which must be a DNS label; without it nothing reaches the vMCP. */
export function checkServiceName({ name }: LoneObject): Finding[] {
  if (name.length <= MAX_NAME && !name.includes('.')) return [];
  return [
    invalid({
      rule: 'vmcp-name-without-service',
      field: 'metadata.name',
      value: name,
      detail: `must have at most ${MAX_NAME} characters and no dot: ToolHive cannot make the Service vmcp-${name} otherwise, so nothing reaches this vMCP`,
    }),
  ];
}

/** The operator grants rights only to the account that it makes itself. */
export function checkServiceAccount({ spec }: LoneObject): Finding[] {
  const account = textAt(spec, 'serviceAccount');
  if (account === undefined || textAt(spec, 'outgoingAuth', 'source') === 'inline') return [];
  return [
    invalid({
      rule: 'vmcp-own-service-account',
      field: 'spec.serviceAccount',
      value: account,
      detail:
        'ToolHive grants no rights to a ServiceAccount of your own; in dynamic mode (outgoingAuth.source discovered) the vMCP lists and watches ToolHive objects, ConfigMaps and Secrets of its namespace, so bind a Role with these rights to it',
    }),
  ];
}
