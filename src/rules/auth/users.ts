import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import { type Facts, warn } from '../rule.ts';
import { unconvertible } from './reference.ts';

export const authUserRules = {
  'auth-config-in-use': warn('A change must not make backends unservable.', 'MCPExternalAuthConfig'),
};

/** The users of a config that a vMCP cannot use in its present form. */
export function checkUsers(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  const reason = unconvertible(config);
  if (reason === undefined) return [];
  const { name } = config.metadata;
  // No vMCP serves what is in no group; `vmcp-auth-unusable` tells about the vMCPs that choose it.
  const users = view
    .usersOf(name)
    .filter((user) => user.kind !== 'VirtualMCPServer' && user.group !== undefined);
  if (users.length === 0) return [];
  return [
    forbidden({
      rule: 'auth-config-in-use',
      field: 'spec.type',
      detail: `used by ${namedObjects(users)}, which will not be served any more: ${reason}`,
    }),
  ];
}
