import type { NamespaceView } from '../catalog/catalog.ts';
import {
  AUTH_SOURCES,
  type BackendAuthChoice,
  CHOICE_TYPES,
  type VirtualMcpServer,
} from '../toolhive/virtualServer.ts';
import { forbidden, invalid, notFound, notSupported, required } from './finding.ts';
import { ambiguousProvider, missingProvider, unconvertible } from './references.ts';
import type { Finding } from './verdict.ts';

const AUTH = 'spec.outgoingAuth';
const PROVIDERS = 'spec.authServerConfig.upstreamProviders';

/** The default and the overrides, each with its field path. */
function choices(vmcp: VirtualMcpServer): [field: string, choice: BackendAuthChoice][] {
  const overrides = Object.entries(vmcp.backendAuth).map(([name, choice]): [string, BackendAuthChoice] => [
    `${AUTH}.backends[${name}]`,
    choice,
  ]);
  return vmcp.defaultAuth ? [[`${AUTH}.default`, vmcp.defaultAuth], ...overrides] : overrides;
}

function checkChosenConfig(
  vmcp: VirtualMcpServer,
  path: string,
  name: string | undefined,
  view: NamespaceView,
): Finding[] {
  const field = `${path}.externalAuthConfigRef.name`;
  if (name === undefined)
    return [
      required({
        rule: 'vmcp-auth-config-missing',
        field,
        detail: 'the MCPExternalAuthConfig to use; ToolHive stops at a choice without one',
      }),
    ];
  const config = view.authConfig(name);
  if (config === undefined)
    return [
      notFound({
        rule: 'auth-config-not-found',
        field,
        value: name,
        detail: `MCPExternalAuthConfig "${name}" does not exist yet in namespace "${view.namespace}"; ToolHive writes no configuration for this vMCP until it does`,
      }),
    ];
  const reason = unconvertible(config);
  if (reason !== undefined)
    return [
      forbidden({
        rule: 'vmcp-auth-unusable',
        field,
        value: name,
        detail: `MCPExternalAuthConfig "${name}" cannot be used: ${reason}. ToolHive would write no configuration for this vMCP at all`,
      }),
    ];
  const missing = missingProvider(config, vmcp);
  if (missing !== undefined)
    return [
      forbidden({
        rule: 'auth-provider-missing',
        field,
        value: name,
        detail: `upstreamInject needs a provider that is not there: ${missing}`,
      }),
    ];
  const several = ambiguousProvider(config, vmcp);
  return several === undefined
    ? []
    : [
        invalid({
          rule: 'auth-provider-ambiguous',
          field,
          value: name,
          detail: `MCPExternalAuthConfig "${name}" is of type xaa and has no subjectProviderName, but ${several}; ToolHive leaves this choice out, and its backends are not served. Set xaa.subjectProviderName there`,
        }),
      ];
}

/** The enum of the CRD for the source; one that is absent is discovered. */
function checkSource({ source }: VirtualMcpServer): Finding[] {
  if (AUTH_SOURCES.some((known) => known === source)) return [];
  return [notSupported({ rule: 'vmcp-auth-unknown', field: `${AUTH}.source`, value: source }, AUTH_SOURCES)];
}

/** The enum of the CRD for a choice; ToolHive's own validation refuses an override of another type. */
function checkType(field: string, type: string | undefined): Finding[] {
  const rule = 'vmcp-auth-unknown';
  if (type === undefined) return [required({ rule, field, detail: `one of ${CHOICE_TYPES.join(', ')}` })];
  if (CHOICE_TYPES.some((known) => known === type)) return [];
  return [notSupported({ rule, field, value: type }, CHOICE_TYPES)];
}

/** Gaps S4 and S5: the source, the default and the overrides. */
export function checkChoices(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  const ofChoices = choices(vmcp).flatMap(([path, choice]) => {
    if (choice.type === 'externalAuthConfigRef')
      return checkChosenConfig(vmcp, path, choice.authConfig, view);
    if (choice.type !== 'discovered') return checkType(`${path}.type`, choice.type);
    if (vmcp.source !== 'inline') return [];
    return [
      forbidden({
        rule: 'vmcp-auth-discovered',
        field: `${path}.type`,
        value: choice.type,
        detail:
          'discovered does not work with outgoingAuth.source inline: the vMCP refuses its configuration and does not start; use externalAuthConfigRef, or leave this out',
      }),
    ];
  });
  return [...checkSource(vmcp), ...ofChoices];
}

/** An override for a backend that the group does not have. */
export function checkOverrides(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  if (vmcp.group === undefined || view.group(vmcp.group) === undefined) return [];
  const members = view.members(vmcp.group);
  const known = new Set(
    [...members.servers, ...members.remoteProxies, ...members.entries].map(({ metadata }) => metadata.name),
  );
  for (const { name } of vmcp.backends) known.add(name);
  return Object.keys(vmcp.backendAuth)
    .filter((name) => !known.has(name))
    .map((name) =>
      notFound({
        rule: 'vmcp-override-unknown',
        field: `${AUTH}.backends[${name}]`,
        value: name,
        detail: `group "${vmcp.group}" has no backend "${name}" (yet), so this override has no effect`,
      }),
    );
}

/**
 * Gap R9 from the other side: entries of the group need a provider that this vMCP does not (or no longer) have, or do not
 * say which of several they mean. The first of each kind is told about.
 */
export function checkProviders(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  if (vmcp.group === undefined) return [];
  const { servers, remoteProxies, entries } = view.members(vmcp.group);
  let missing: Finding | undefined;
  let ambiguous: Finding | undefined;
  for (const { kind, metadata, authConfig } of [...servers, ...remoteProxies, ...entries]) {
    const config = authConfig === undefined ? undefined : view.authConfig(authConfig);
    if (config === undefined) continue;
    const lacking = missing === undefined ? missingProvider(config, vmcp) : undefined;
    if (lacking !== undefined)
      missing = forbidden({
        rule: 'auth-provider-missing',
        field: vmcp.authServer === undefined ? 'spec.authServerConfig' : PROVIDERS,
        detail: `${kind} "${metadata.name}" of group "${vmcp.group}" uses upstreamInject, but ${lacking}; ToolHive would stop reconciling this vMCP`,
      });
    const several = ambiguous === undefined ? ambiguousProvider(config, vmcp) : undefined;
    if (several !== undefined)
      ambiguous = invalid({
        rule: 'auth-provider-ambiguous',
        field: PROVIDERS,
        detail: `${kind} "${metadata.name}" of group "${vmcp.group}" uses the xaa config "${authConfig}" without subjectProviderName, but ${several}; it will not be served. Set xaa.subjectProviderName there`,
      });
  }
  return [missing, ambiguous].filter((finding) => finding !== undefined);
}
