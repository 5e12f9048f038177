import type { GroupMembers, NamespaceView } from '../../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { choosesConfig, usesOwnAuth, type VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden, invalid, required, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts, type Target, warn } from '../rule.ts';
import { AUTH_REF, type AuthUser } from './reference.ts';

/** What an auth config meets in a vMCP: the members that use it, the vMCP, and itself. */
export const ALL: readonly Target[] = [
  'MCPServerEntry',
  'MCPRemoteProxy',
  'MCPServer',
  'VirtualMCPServer',
  'MCPExternalAuthConfig',
];

export const authProviderRules = {
  'auth-provider-missing': deny(
    'A provider that upstreamInject names must exist in every vMCP of the group.',
    ...ALL,
  ),
  'auth-provider-ambiguous': warn('An xaa config must say which of several providers it means.', ...ALL),
};

const MAX_NAMED = 5;
const PROVIDERS = 'spec.authServerConfig.upstreamProviders';

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

type Member = GroupMembers[keyof GroupMembers][number];
type Reason = (config: McpExternalAuthConfig, vmcp: VirtualMcpServer) => string | undefined;

/** The reason of the first vMCP that has one; undefined when none has. */
export function firstReason(
  config: McpExternalAuthConfig,
  vmcps: readonly VirtualMcpServer[],
  reason: Reason,
): string | undefined {
  for (const vmcp of vmcps) {
    const found = reason(config, vmcp);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The vMCPs that call a member of a group with the auth config which the member names. */
export function vmcpsOf({ group, metadata }: AuthUser, view: NamespaceView): readonly VirtualMcpServer[] {
  if (group === undefined) return [];
  return view.virtualServersOf(group).filter((vmcp) => usesOwnAuth(vmcp, metadata.name));
}

/** A member of a group against the vMCPs of the group. */
export function checkMemberProviders(member: AuthUser, { view }: Facts): Finding[] {
  const { authConfig: name } = member;
  const config = name === undefined ? undefined : view.authConfig(name);
  if (name === undefined || config === undefined) return [];
  const vmcps = vmcpsOf(member, view);
  const said = { field: AUTH_REF, value: name };
  const findings: Finding[] = [];
  const missing = firstReason(config, vmcps, missingProvider);
  if (missing !== undefined)
    findings.push(
      forbidden({
        ...said,
        rule: 'auth-provider-missing',
        detail: `upstreamInject needs a provider that is not there: ${missing}; ToolHive would stop reconciling that whole vMCP`,
      }),
    );
  const several = firstReason(config, vmcps, ambiguousProvider);
  if (several !== undefined)
    findings.push(
      invalid({
        ...said,
        rule: 'auth-provider-ambiguous',
        detail: `MCPExternalAuthConfig "${name}" needs xaa.subjectProviderName, or the backend is not served: ${several}`,
      }),
    );
  return findings;
}

/** The vMCPs whose providers a config is used with: those that choose it, and those that serve its other users. */
export function vmcpsUsing(name: string, view: NamespaceView): Set<VirtualMcpServer> {
  const vmcps = view.usersOf(name).flatMap((user) => {
    if (user.kind === 'VirtualMCPServer') return choosesConfig(user, name) ? [user] : [];
    return vmcpsOf(user, view);
  });
  return new Set(vmcps);
}

function checkAgainst(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): Finding[] {
  const findings: Finding[] = [];
  const missing = missingProvider(config, vmcp);
  if (missing !== undefined)
    findings.push(
      forbidden({
        rule: 'auth-provider-missing',
        field: 'spec.upstreamInject.providerName',
        detail: `is used in group "${vmcp.group}", but ${missing}; ToolHive would stop reconciling that vMCP`,
      }),
    );
  const several = ambiguousProvider(config, vmcp);
  if (several !== undefined)
    findings.push(
      required({
        rule: 'auth-provider-ambiguous',
        field: 'spec.xaa.subjectProviderName',
        detail: `is used in group "${vmcp.group}", where ${several}; one of these names, or the backends are not served there`,
      }),
    );
  return findings;
}

/** An auth config of a type that needs a provider, against the vMCPs that it is used with. */
export function checkConfigProviders(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  if (config.type !== 'upstreamInject' && config.type !== 'xaa') return [];
  return [...vmcpsUsing(config.metadata.name, view)].flatMap((vmcp) => checkAgainst(config, vmcp));
}

/** An auth config that a vMCP cannot use, why, and the first member of the group that uses it. */
interface Unserved {
  readonly member: string;
  readonly config: McpExternalAuthConfig;
  readonly why: string;
}

/** The first member whose own auth config a vMCP uses, for each such config. */
function firstUsers(vmcp: VirtualMcpServer, group: string, view: NamespaceView): Map<string, Member> {
  const { servers, remoteProxies, entries } = view.members(group);
  const users = new Map<string, Member>();
  for (const list of [servers, remoteProxies, entries])
    for (const member of list)
      if (
        member.authConfig !== undefined &&
        !users.has(member.authConfig) &&
        usesOwnAuth(vmcp, member.metadata.name)
      )
        users.set(member.authConfig, member);
  return users;
}

/** The auth configs of a group that a vMCP cannot use for a reason. */
export function unservedBy(
  vmcp: VirtualMcpServer,
  group: string,
  view: NamespaceView,
  reason: Reason,
): Unserved[] {
  return [...firstUsers(vmcp, group, view)].flatMap(([name, { kind, metadata }]) => {
    const config = view.authConfig(name);
    const why = config && reason(config, vmcp);
    if (!config || why === undefined) return [];
    return [{ member: `${kind} "${metadata.name}" of group "${group}"`, config, why }];
  });
}

/** Each auth config, so that an update which leaves out the provider of one more config adds a violation. */
function violationsOf(unserved: readonly Unserved[]): ViolationKey[] {
  return unserved.map(({ config: { metadata, upstreamInject } }) => ({
    parts: [metadata.name, upstreamInject?.providerName],
  }));
}

/** A vMCP against the members of its group. Only the first member of each rule is named. */
export function checkServedProviders(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  if (vmcp.group === undefined) return [];
  const findings: Finding[] = [];
  const missing = unservedBy(vmcp, vmcp.group, view, missingProvider);
  const field = vmcp.authServer === undefined ? 'spec.authServerConfig' : PROVIDERS;
  if (missing[0])
    findings.push(
      forbidden({
        rule: 'auth-provider-missing',
        field: { shown: field, stable: PROVIDERS },
        violations: violationsOf(missing),
        detail: `${missing[0].member} uses upstreamInject, but ${missing[0].why}; ToolHive would stop reconciling this vMCP`,
      }),
    );
  const ambiguous = unservedBy(vmcp, vmcp.group, view, ambiguousProvider);
  if (ambiguous[0])
    findings.push(
      invalid({
        rule: 'auth-provider-ambiguous',
        field: PROVIDERS,
        violations: violationsOf(ambiguous),
        detail: `${ambiguous[0].member} uses the xaa config "${ambiguous[0].config.metadata.name}" without subjectProviderName, but ${ambiguous[0].why}; it will not be served. Set xaa.subjectProviderName there`,
      }),
    );
  return findings;
}

/** An auth config that a vMCP itself names in `field`, against that vMCP. */
export function checkChosenProviders(
  config: McpExternalAuthConfig,
  vmcp: VirtualMcpServer,
  field: FieldPath,
): Finding[] {
  const value = config.metadata.name;
  const missing = missingProvider(config, vmcp);
  if (missing !== undefined)
    return [
      forbidden({
        rule: 'auth-provider-missing',
        field,
        value,
        detail: `upstreamInject needs a provider that is not there: ${missing}`,
      }),
    ];
  const several = ambiguousProvider(config, vmcp);
  if (several === undefined) return [];
  return [
    invalid({
      rule: 'auth-provider-ambiguous',
      field,
      value,
      detail: `MCPExternalAuthConfig "${value}" is of type xaa and has no subjectProviderName, but ${several}; ToolHive ignores this choice, and its backends are not served. Set xaa.subjectProviderName there`,
    }),
  ];
}
