import type { NamespaceView } from '../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../toolhive/authConfig.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { forbidden, invalid, notFound } from './finding.ts';
import type { Finding } from './verdict.ts';

/** Types that ToolHive's converter cannot turn into a strategy of a vMCP (gap R6). */
const UNCONVERTIBLE = new Set(['bearerToken', 'embeddedAuthServer', 'obo']);

/** Why a vMCP cannot use an auth config towards a backend, in words; undefined when it can. */
export function unconvertible(config: McpExternalAuthConfig): string | undefined {
  const { type } = config;
  if (type === undefined) return 'it has no type';
  if (UNCONVERTIBLE.has(type))
    return `its type ${type} is not one for backends; use headerInjection, tokenExchange, awsSts, xaa, upstreamInject or unauthenticated`;
  if (type !== 'unauthenticated' && !config.blocks.includes(type))
    return `it has no block "${type}" for its type`;
  return undefined;
}

/** `spec.groupRef`: gap R13. A group may come later, so nothing here is denied. */
export function checkGroup(group: string | undefined, field: string, view: NamespaceView): Finding[] {
  if (group === undefined) return [];
  const found = view.group(group);
  if (found === undefined)
    return [
      notFound({
        rule: 'group-not-found',
        field,
        value: group,
        detail: `MCPGroup "${group}" does not exist yet in namespace "${view.namespace}"; nothing serves this until it does`,
      }),
    ];
  if (found.phase === 'Ready' || found.phase === undefined) return [];
  return [
    invalid({
      rule: 'group-not-ready',
      field,
      value: group,
      detail: `MCPGroup "${group}" is ${found.phase}, not Ready; entries become Valid only when it is`,
    }),
  ];
}

/** The auth server of a vMCP lacks the provider that an `upstreamInject` names: the reason, or undefined. */
export function missingProvider(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): string | undefined {
  const provider = config.upstreamInject?.providerName;
  if (config.type !== 'upstreamInject' || provider === undefined) return undefined;
  const name = `VirtualMCPServer "${vmcp.metadata.name}"`;
  if (vmcp.authServer === undefined) return `${name} has no spec.authServerConfig`;
  if (vmcp.authServer.providers.includes(provider)) return undefined;
  const has =
    vmcp.authServer.providers
      .slice(0, 5)
      .map((upstream) => `"${upstream}"`)
      .join(', ') || 'none';
  return `${name} has no upstream provider "${provider}" (it has ${has})`;
}

/**
 * The auth server of a vMCP has several providers, and an `xaa` config does not say whose token it takes: the reason, or
 * undefined. For the other types ToolHive takes the first; here it records `AmbiguousSubjectProvider`, and the vMCP
 * itself would not start. Source: `DefaultSubjectProviderName` of toolhive's auth types.
 */
export function ambiguousProvider(
  { type, xaa }: McpExternalAuthConfig,
  { authServer, metadata }: VirtualMcpServer,
): string | undefined {
  if (type !== 'xaa' || !xaa || xaa.subjectProviderName) return undefined;
  if (authServer === undefined || authServer.providers.length < 2) return undefined;
  const names = authServer.providers
    .slice(0, 5)
    .map((upstream) => `"${upstream || 'default'}"`)
    .join(', ');
  return `VirtualMCPServer "${metadata.name}" has ${authServer.providers.length} upstream providers (${names})`;
}

/** `spec.externalAuthConfigRef` of a member of a group: gaps R6, R7, R9, R10. */
export function checkAuthConfig(
  name: string | undefined,
  group: string | undefined,
  view: NamespaceView,
): Finding[] {
  if (name === undefined) return [];
  const field = 'spec.externalAuthConfigRef.name';
  const said = { field, value: name };
  const config = view.authConfig(name);
  if (config === undefined)
    return [
      notFound({
        ...said,
        rule: 'auth-config-not-found',
        detail: `MCPExternalAuthConfig "${name}" does not exist yet in namespace "${view.namespace}"; the backend is not served until it does`,
      }),
    ];
  const findings: Finding[] = [];
  const reason = unconvertible(config);
  if (reason !== undefined)
    findings.push(
      invalid({
        ...said,
        rule: 'auth-type-unsupported',
        detail: `MCPExternalAuthConfig "${name}" leaves the backend unserved: ${reason}`,
      }),
    );
  if (config.valid?.status === 'False')
    findings.push(
      invalid({
        ...said,
        rule: 'auth-config-invalid',
        detail: `MCPExternalAuthConfig "${name}" is marked invalid (${config.valid.reason || 'no reason given'}); the backend is not served until that is mended`,
      }),
    );
  if (config.tokenExchange?.clientSecretRef && !config.tokenExchange.clientId)
    findings.push(
      invalid({
        ...said,
        rule: 'auth-client-id-missing',
        detail: `MCPExternalAuthConfig "${name}" has a clientSecretRef but no clientId; every token exchange will fail`,
      }),
    );
  if (group === undefined) return findings;
  for (const vmcp of view.virtualServersOf(group)) {
    const missing = missingProvider(config, vmcp);
    if (missing === undefined) continue;
    findings.push(
      forbidden({
        ...said,
        rule: 'auth-provider-missing',
        detail: `upstreamInject needs a provider that is not there: ${missing}; ToolHive would stop reconciling that whole vMCP`,
      }),
    );
    break;
  }
  for (const vmcp of view.virtualServersOf(group)) {
    const several = ambiguousProvider(config, vmcp);
    if (several === undefined) continue;
    findings.push(
      invalid({
        ...said,
        rule: 'auth-provider-ambiguous',
        detail: `MCPExternalAuthConfig "${name}" needs xaa.subjectProviderName, or the backend is not served: ${several}`,
      }),
    );
    break;
  }
  return findings;
}
