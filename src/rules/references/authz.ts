import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { quoted } from '../../text/line.ts';
import { type McpAuthzConfig, VMCP_AUTHZ_TYPE } from '../../toolhive/models/authzConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { cedarProblems } from '../../toolhive/vmcpConfig/cedar.ts';
import { forbidden, notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import { deny, type Facts, warn } from '../rule.ts';
import { policyFinding } from '../virtualServer/incomingAuth.ts';

export const authzReferenceRules = {
  'vmcp-authz-type': deny(
    'The MCPAuthzConfig of a vMCP must be of a type that a vMCP can use.',
    'VirtualMCPServer',
    'MCPAuthzConfig',
  ),
  'vmcp-authz-config-map': warn(
    'The ConfigMap with the policies of a vMCP must exist and have policies that ToolHive can read.',
    'VirtualMCPServer',
  ),
};

const ONLY = `a vMCP takes ${VMCP_AUTHZ_TYPE} only, and ToolHive writes no configuration for one with another type`;

/** The policies that a vMCP names. */
export function checkAuthzReference({ references }: VirtualMcpServer, { view }: Facts): Finding[] {
  return references.flatMap(({ kind, name, field }) => {
    const config = kind === 'MCPAuthzConfig' ? view.get(kind, name) : undefined;
    if (config === undefined) return [];
    const what = `MCPAuthzConfig ${quoted(name)}`;
    if (config.type === VMCP_AUTHZ_TYPE)
      return config.policyFault === undefined
        ? []
        : [policyFinding(field, `${what} cannot be read: ${config.policyFault}; correct it there first`)];
    const detail = `${what} is of type ${quoted(config.type)}; ${ONLY}`;
    return [forbidden({ rule: 'vmcp-authz-type', field, value: name, detail })];
  });
}

/** The other side: the vMCPs that name these policies. */
export function checkAuthzUsers({ type, metadata }: McpAuthzConfig, { view }: Facts): Finding[] {
  if (type === VMCP_AUTHZ_TYPE) return [];
  const users = view
    .referrersOf('MCPAuthzConfig', metadata.name)
    .filter(({ kind }) => kind === 'VirtualMCPServer');
  if (users.length === 0) return [];
  const detail = `used by ${namedObjects(users)}; ${ONLY}`;
  return [
    forbidden({
      rule: 'vmcp-authz-type',
      field: 'spec.type',
      value: type,
      detail,
    }),
  ];
}

const STAYS =
  'until that is corrected ToolHive writes no configuration for this vMCP, or the vMCP does not start';

/** Why ToolHive cannot use the policies in a text; undefined when it can, and for YAML, which is not looked into. */
function policiesFault(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (textAt(file, 'version') === undefined) return 'has no version';
  if (textAt(file, 'type') !== VMCP_AUTHZ_TYPE) return `is not of type ${VMCP_AUTHZ_TYPE}`;
  if (itemsAt(file, 'cedar', 'policies').length === 0) return 'has no policies below cedar';
  const policies = valueAt(file, 'cedar', 'policies');
  const entitiesJson = valueAt(file, 'cedar', 'entities_json');
  const [problem] = cedarProblems({ policies, entitiesJson }, 'cedar');
  return (
    problem && `has a fault: ${problem.path.replace('entitiesJson', 'entities_json')} ${problem.message}`
  );
}

function configMapFault(name: string, key: string, { data }: ConfigMap): string | undefined {
  const text = data[key];
  if (text === undefined) return `ConfigMap ${quoted(name)} has no key ${quoted(key)}`;
  const fault = policiesFault(text);
  return fault && `key ${quoted(key)} of ConfigMap ${quoted(name)} ${fault}`;
}

/** The policies that a vMCP takes from a ConfigMap, which may come or change later. */
export function checkPolicyConfigMap(
  { policyConfigMap: ref }: VirtualMcpServer,
  { configMap }: Facts,
): Finding[] {
  if (ref === undefined || configMap === undefined || configMap.state === 'unavailable') return [];
  const why =
    configMap.state === 'missing'
      ? `ConfigMap ${quoted(ref.name)} does not exist yet`
      : configMapFault(ref.name, ref.key, configMap.value);
  if (why === undefined) return [];
  const field = 'spec.incomingAuth.authzConfig.configMap.name';
  return [notFound({ rule: 'vmcp-authz-config-map', field, value: ref.name, detail: `${why}; ${STAYS}` })];
}
