import type { Member, NamespaceView } from '../../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';

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

/** The config of a vMCP's override for a backend; `own` when the override is of type discovered. */
function overrideOf(
  { backendAuth }: VirtualMcpServer,
  name: string,
): { config: string | undefined } | 'own' | undefined {
  const choice = Object.hasOwn(backendAuth, name) ? backendAuth[name] : undefined;
  if (choice === undefined) return undefined;
  return choice.type === 'externalAuthConfigRef' ? { config: choice.authConfig } : 'own';
}

/** The config with which a vMCP calls a backend, beside the backend's own: its override, else its default. */
export function chosenConfig(
  vmcp: VirtualMcpServer,
  backend: Pick<VmcpBackend, 'name' | 'authConfig'>,
): string | undefined {
  const override = overrideOf(vmcp, backend.name);
  if (override === 'own') return undefined;
  if (override !== undefined) return override.config;
  return backend.authConfig === undefined && vmcp.defaultAuth?.type === 'externalAuthConfigRef'
    ? vmcp.defaultAuth.authConfig
    : undefined;
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
