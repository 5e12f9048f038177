import type { Member, NamespaceView } from '../../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { usesOwnAuth, type VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';

/**
 * The URL of the server that gets what is sent to a member: a proxy hands on what it is sent. An MCPServer without a status
 * is called at its Service.
 */
export function receiverUrl(member: Member): string {
  if (member.kind !== 'MCPServer') return member.remoteUrl ?? '';
  const { name, namespace } = member.metadata;
  return member.url || `http://mcp-${name}-proxy.${namespace}.svc.cluster.local`;
}

/** The Secrets of a config that are sent to the backend itself. */
export function backendSecrets({ headerInjection, bearerToken }: McpExternalAuthConfig): string[] {
  return [headerInjection?.valueSecretRef?.name, bearerToken?.tokenSecretRef?.name].filter(
    (name): name is string => !!name,
  );
}

/** The config that a vMCP chooses for a backend: its override, else its default. Undefined where it uses the backend's own. */
export function chosenConfig(
  vmcp: VirtualMcpServer,
  backend: Pick<VmcpBackend, 'name' | 'authConfig'>,
): string | undefined {
  if (backend.authConfig !== undefined && usesOwnAuth(vmcp, backend.name)) return undefined;
  const choice = vmcp.backendAuth[backend.name] ?? vmcp.defaultAuth;
  return choice?.type === 'externalAuthConfigRef' ? choice.authConfig : undefined;
}

/** A backend of a vMCP. */
export interface VmcpBackend {
  readonly name: string;
  readonly authConfig: string | undefined;
  readonly url: string;
  /** What it is, for a message. */
  readonly words: string;
}

/** The backends of a vMCP: the members of its group, and those that its config names. */
export function backendsOf(vmcp: VirtualMcpServer, view: NamespaceView): VmcpBackend[] {
  const members = (vmcp.group === undefined ? [] : view.members(vmcp.group)).map((member) => ({
    name: member.metadata.name,
    authConfig: member.authConfig,
    url: receiverUrl(member),
    words: `${member.kind} "${member.metadata.name}"`,
  }));
  const configured = vmcp.backends.map(({ name, url }) => ({
    name,
    authConfig: undefined,
    url,
    words: 'a configured backend',
  }));
  return [...members, ...configured];
}
