import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';

/** Why a vMCP cannot use an auth config, in words; undefined when it can. */
export type Reason = (config: McpExternalAuthConfig, vmcp: VirtualMcpServer) => string | undefined;

/**
 * A reason that counts for the config of a member in static mode only. In dynamic mode the operator does not look at what
 * members name: the vMCP starts and reads it itself, and only the calls of that backend fail (`missingIdentity`). Source:
 * `processOutgoingAuth` of toolhive v0.47.0, v0.55.1 and v0.63.0.
 */
export function inStaticMode(reason: Reason): Reason {
  return (config, vmcp) => (vmcp.source === 'inline' ? reason(config, vmcp) : undefined);
}

const MAX_NAMED = 5;

function namesOf(providers: readonly string[]): string {
  return providers
    .slice(0, MAX_NAMED)
    .map((provider) => `"${provider}"`)
    .join(', ');
}

/** Why a vMCP lacks the provider that an `upstreamInject` config names, in words; undefined when it has it. */
export function missingProvider(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): string | undefined {
  const provider = config.upstreamInject?.providerName;
  if (config.type !== 'upstreamInject' || provider === undefined) return undefined;
  const name = `VirtualMCPServer "${vmcp.metadata.name}"`;
  if (vmcp.authServer === undefined) return `${name} has no spec.authServerConfig`;
  const { providers } = vmcp.authServer;
  if (providers.includes(provider)) return undefined;
  return `${name} has no upstream provider "${provider}" (it has ${namesOf(providers) || 'none'})`;
}

/**
 * Why an `xaa` config is ambiguous for a vMCP, in words; undefined when it is not: the vMCP has several providers, and the
 * config does not say whose token it takes. For the other types ToolHive takes the first; here it records
 * `AmbiguousSubjectProvider`, and the vMCP itself would not start. Source: `DefaultSubjectProviderName` of toolhive's auth
 * types.
 */
export function ambiguousProvider(
  { type, xaa }: McpExternalAuthConfig,
  { authServer, metadata }: VirtualMcpServer,
): string | undefined {
  if (type !== 'xaa' || !xaa || xaa.subjectProviderName) return undefined;
  const providers = authServer?.providers ?? [];
  if (providers.length < 2) return undefined;
  const names = namesOf(providers.map((provider) => provider || 'default'));
  return `VirtualMCPServer "${metadata.name}" has ${providers.length} upstream providers (${names})`;
}
