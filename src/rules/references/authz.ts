import { quoted } from '../../text/line.ts';
import { type McpAuthzConfig, VMCP_AUTHZ_TYPE } from '../../toolhive/models/authzConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import { deny, type Facts } from '../rule.ts';

export const authzReferenceRules = {
  'vmcp-authz-type': deny(
    'The MCPAuthzConfig of a vMCP must be of a type that a vMCP can use.',
    'VirtualMCPServer',
    'MCPAuthzConfig',
  ),
};

const ONLY = `a vMCP takes ${VMCP_AUTHZ_TYPE} only, and ToolHive writes no configuration for one with another type`;

/** The policies that a vMCP names. */
export function checkAuthzReference({ references }: VirtualMcpServer, { view }: Facts): Finding[] {
  return references.flatMap(({ kind, name, field }) => {
    const config = kind === 'MCPAuthzConfig' ? view.get(kind, name) : undefined;
    if (config === undefined || config.type === VMCP_AUTHZ_TYPE) return [];
    const detail = `MCPAuthzConfig ${quoted(name)} is of type ${quoted(config.type)}; ${ONLY}`;
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
      violations: users.map((user) => ({ parts: [type, user.metadata.name] })),
      detail,
    }),
  ];
}
