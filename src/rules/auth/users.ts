import type { NamespaceView } from '../../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import { forbidden } from '../finding.ts';
import { type Facts, warn } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import { unconvertible } from './reference.ts';

export const authUserRules = {
  'auth-config-in-use': warn('A change must not make backends unservable.', 'MCPExternalAuthConfig'),
};

const MAX_NAMED = 5;

/** `MCPServerEntry "a", VirtualMCPServer "b" and 3 more`. */
function namedUsers(users: readonly { readonly kind: string; readonly name: string }[]): string {
  const named = users
    .slice(0, MAX_NAMED)
    .map(({ kind, name }) => `${kind} "${name}"`)
    .join(', ');
  return users.length > MAX_NAMED ? `${named} and ${users.length - MAX_NAMED} more` : named;
}

/** The users of a config that a vMCP cannot use in its present form. */
export function checkUsers(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  const users = view.usersOf(config.metadata.name);
  const reason = users.length === 0 ? undefined : unconvertible(config);
  if (reason === undefined) return [];
  return [
    forbidden({
      rule: 'auth-config-in-use',
      field: 'spec.type',
      detail: `used by ${namedUsers(users)}, which will not be served any more: ${reason}`,
    }),
  ];
}

function groupOf(kind: string, name: string, view: NamespaceView): string | undefined {
  switch (kind) {
    case 'MCPServer':
      return view.server(name)?.group;
    case 'MCPRemoteProxy':
      return view.remoteProxy(name)?.group;
    case 'MCPServerEntry':
      return view.entry(name)?.group;
    default:
      return view.virtualServer(name)?.group;
  }
}

/** The groups whose members or vMCPs use a config. */
export function groupsUsing(config: McpExternalAuthConfig, view: NamespaceView): Set<string> {
  const groups = view.usersOf(config.metadata.name).map(({ kind, name }) => groupOf(kind, name, view));
  return new Set(groups.filter((group) => group !== undefined));
}
