import type { NamespaceView } from '../catalog/catalog.ts';
import { canonicalHeader } from '../toolhive/headerNames.ts';
import type { BackendAuthChoice, VirtualMcpServer } from '../toolhive/virtualServer.ts';
import type { Facts } from './facts.ts';
import { forbidden, invalid, notFound, required } from './finding.ts';
import { checkHeaderName } from './headers.ts';
import { toVerdict } from './levels.ts';
import { settersOf } from './passthrough.ts';
import type { Policy } from './policy.ts';
import { checkGroup, missingProvider, unconvertible } from './references.ts';
import { checkUrl } from './remoteUrl.ts';
import type { Finding, Verdict } from './verdict.ts';

const AUTH = 'spec.outgoingAuth';

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
  return missing === undefined
    ? []
    : [
        forbidden({
          rule: 'auth-provider-missing',
          field,
          value: name,
          detail: `upstreamInject needs a provider that is not there: ${missing}`,
        }),
      ];
}

/** Gaps S4 and S5: the default and the overrides. */
function checkChoices(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  return choices(vmcp).flatMap(([path, choice]) => {
    if (choice.type === 'externalAuthConfigRef')
      return checkChosenConfig(vmcp, path, choice.authConfig, view);
    if (choice.type !== 'discovered' || vmcp.source !== 'inline') return [];
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
}

function checkOverrides(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
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

/** Gap R9 from the other side: entries of the group need a provider that this vMCP does not (or no longer) have. */
function checkProviders(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  if (vmcp.group === undefined) return [];
  const members = view.members(vmcp.group);
  for (const { kind, metadata, authConfig } of [
    ...members.servers,
    ...members.remoteProxies,
    ...members.entries,
  ]) {
    const config = authConfig === undefined ? undefined : view.authConfig(authConfig);
    const missing = config && missingProvider(config, vmcp);
    if (missing === undefined) continue;
    return [
      forbidden({
        rule: 'auth-provider-missing',
        field:
          vmcp.authServer === undefined ? 'spec.authServerConfig' : 'spec.authServerConfig.upstreamProviders',
        detail: `${kind} "${metadata.name}" of group "${vmcp.group}" uses upstreamInject, but ${missing}; ToolHive would stop reconciling this vMCP`,
      }),
    ];
  }
  return [];
}

/** Gap S13, and the vMCP validator's own rules for `caBundlePath`, which end the process. */
function checkBackends(vmcp: VirtualMcpServer, policy: Policy): Finding[] {
  return vmcp.backends.flatMap((backend, index) => {
    const path = `spec.config.backends[${index}]`;
    // A vMCP's own backends are mostly Services of the cluster, so private endpoints are allowed here.
    const findings = checkUrl(`${path}.url`, backend.url, true, policy.url);
    const ca = backend.caBundlePath;
    if (!ca) return findings;
    const say = (detail: string) =>
      findings.push(
        invalid({
          rule: 'vmcp-backend-ca-path',
          field: `${path}.caBundlePath`,
          value: ca,
          detail,
        }),
      );
    if (backend.type !== 'entry')
      say('needs type: entry beside it; the vMCP refuses its whole configuration otherwise');
    if (!ca.startsWith('/') || ca.includes('..') || ca.includes('\0'))
      say('must be an absolute path without ".."; the vMCP refuses its whole configuration otherwise');
    return findings;
  });
}

const NEVER_PASSED = new Set(['Authorization', 'Cookie']);

/** What the vMCP validator demands of pass-through headers; one bad name ends the process. And gap H6. */
function checkPassthrough(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  const setters = vmcp.group === undefined ? undefined : settersOf(view.members(vmcp.group).entries);
  return vmcp.passthroughHeaders.flatMap(({ name, field }) => {
    const canonical = canonicalHeader(name);
    if (checkHeaderName(name, field).length > 0 || NEVER_PASSED.has(canonical))
      return [
        forbidden({
          rule: 'vmcp-passthrough-header',
          field,
          value: name,
          detail: `${JSON.stringify(name.slice(0, 60))} cannot be passed through: the vMCP refuses its whole configuration with a name that is no HTTP token, is restricted, or is Authorization or Cookie`,
        }),
      ];
    const clash = setters?.get(canonical);
    if (clash === undefined) return [];
    return [
      forbidden({
        rule: 'header-passthrough-clash',
        field,
        value: name,
        detail: `entry "${clash.metadata.name}" sets ${canonical} itself; every call that carries it from a client will fail there`,
      }),
    ];
  });
}

/** Applies every rule about a VirtualMCPServer. Pure; never throws. */
export function judgeVirtualServer(vmcp: VirtualMcpServer, { view }: Facts, policy: Policy): Verdict {
  return toVerdict(
    [
      ...checkChoices(vmcp, view),
      ...checkProviders(vmcp, view),
      ...checkBackends(vmcp, policy),
      ...checkPassthrough(vmcp, view),
      ...checkGroup(vmcp.group, 'spec.groupRef.name', view),
      ...checkOverrides(vmcp, view),
    ],
    policy,
  );
}
