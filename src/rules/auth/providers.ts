import type { Member, NamespaceView } from '../../catalog/catalog.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { choosesConfig, usesOwnAuth, type VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden, invalid, required, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts, type Target, warn } from '../rule.ts';
import { ambiguousProvider, inStaticMode, missingProvider, type Reason } from './providerReasons.ts';
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
    'A provider that upstreamInject names must exist in every vMCP that would stop without it.',
    ...ALL,
  ),
  'auth-provider-ambiguous': warn('An xaa config must say which of several providers it means.', ...ALL),
  'vmcp-auth-ambiguous': deny(
    'In dynamic mode, an xaa config that outgoingAuth names must say which of several providers it means.',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
  ),
};

const PROVIDERS = 'spec.authServerConfig.upstreamProviders';

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
  const missing = firstReason(config, vmcps, inStaticMode(missingProvider));
  if (missing !== undefined)
    findings.push(
      forbidden({
        ...said,
        rule: 'auth-provider-missing',
        detail: `upstreamInject needs a provider that is not there: ${missing}; ToolHive would stop reconciling that whole vMCP`,
      }),
    );
  const several = firstReason(config, vmcps, inStaticMode(ambiguousProvider));
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

/** The vMCPs that name a config in `outgoingAuth`. */
export function vmcpsChoosing(name: string, view: NamespaceView): VirtualMcpServer[] {
  return view
    .usersOf(name)
    .filter((user) => user.kind === 'VirtualMCPServer')
    .filter((vmcp) => choosesConfig(vmcp, name));
}

/** The vMCPs that serve a member with the config which it names. */
export function vmcpsServing(name: string, view: NamespaceView): Set<VirtualMcpServer> {
  const members = view.usersOf(name).filter((user) => user.kind !== 'VirtualMCPServer');
  // Nearly always the first member decides: all pairs of thousands of members and vMCPs would be millions.
  return new Set(
    [...Map.groupBy(members, ({ group }) => group)].flatMap(([group, users]) =>
      group === undefined
        ? []
        : view
            .virtualServersOf(group)
            .filter((vmcp) => users.some(({ metadata }) => usesOwnAuth(vmcp, metadata.name))),
    ),
  );
}

/** What an ambiguous config of `outgoingAuth` does to a vMCP, which depends on its mode. */
function ambiguousChoice({ source }: VirtualMcpServer) {
  return source === 'inline'
    ? ({ rule: 'auth-provider-ambiguous', effect: 'ToolHive ignores this choice' } as const)
    : ({ rule: 'vmcp-auth-ambiguous', effect: 'the vMCP would not start' } as const);
}

function checkAgainst(config: McpExternalAuthConfig, vmcp: VirtualMcpServer, chosen: boolean): Finding[] {
  const counts = chosen ? (reason: Reason) => reason : inStaticMode;
  const findings: Finding[] = [];
  const missing = counts(missingProvider)(config, vmcp);
  if (missing !== undefined)
    findings.push(
      forbidden({
        rule: 'auth-provider-missing',
        field: 'spec.upstreamInject.providerName',
        detail: `is used in group "${vmcp.group}", but ${missing}; ToolHive would stop reconciling that vMCP`,
      }),
    );
  const several = counts(ambiguousProvider)(config, vmcp);
  if (several !== undefined) {
    const { rule, effect } = ambiguousChoice(vmcp);
    findings.push(
      required({
        rule,
        field: 'spec.xaa.subjectProviderName',
        detail: `is used in group "${vmcp.group}", where ${several}; one of these names, or ${chosen ? effect : 'the backends are not served there'}`,
      }),
    );
  }
  return findings;
}

/** An auth config of a type that needs a provider, against the vMCPs that it is used with. */
export function checkConfigProviders(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  if (config.type !== 'upstreamInject' && config.type !== 'xaa') return [];
  const { name } = config.metadata;
  const chosen = new Set(vmcpsChoosing(name, view));
  const serving = [...vmcpsServing(name, view)].filter((vmcp) => !chosen.has(vmcp));
  return [
    ...[...chosen].flatMap((vmcp) => checkAgainst(config, vmcp, true)),
    ...serving.flatMap((vmcp) => checkAgainst(config, vmcp, false)),
  ];
}

/** An auth config that a vMCP cannot use, why, and the first member of the group that uses it. */
interface Unserved {
  readonly member: string;
  readonly config: McpExternalAuthConfig;
  readonly why: string;
}

/** The first member whose own auth config a vMCP uses, for each such config. */
function firstUsers(vmcp: VirtualMcpServer, group: string, view: NamespaceView): Map<string, Member> {
  const users = new Map<string, Member>();
  for (const member of view.members(group)) {
    const { authConfig, metadata } = member;
    if (authConfig !== undefined && !users.has(authConfig) && usesOwnAuth(vmcp, metadata.name))
      users.set(authConfig, member);
  }
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
  return unserved.map(({ config }) => ({ parts: [config.metadata.name] }));
}

/** A vMCP against the members of its group. Only the first member of each rule is named. */
export function checkServedProviders(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  if (vmcp.group === undefined) return [];
  const findings: Finding[] = [];
  const missing = unservedBy(vmcp, vmcp.group, view, inStaticMode(missingProvider));
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
  const ambiguous = unservedBy(vmcp, vmcp.group, view, inStaticMode(ambiguousProvider));
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
        violations: [{ parts: [value] }],
        detail: `upstreamInject needs a provider that is not there: ${missing}`,
      }),
    ];
  const several = ambiguousProvider(config, vmcp);
  if (several === undefined) return [];
  const { rule, effect } = ambiguousChoice(vmcp);
  return [
    invalid({
      rule,
      field,
      value,
      violations: [{ parts: [value] }],
      detail: `MCPExternalAuthConfig "${value}" is of type xaa and has no subjectProviderName, but ${several}; ${effect}. Set xaa.subjectProviderName there`,
    }),
  ];
}
