import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { invalid, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, warn } from '../rule.ts';
import { missingProvider } from './providerReasons.ts';
import { ALL, firstReason, unservedBy, vmcpsChoosing, vmcpsOf, vmcpsServing } from './providers.ts';
import { AUTH_REF, type AuthUser } from './reference.ts';

export const authIdentityRules = {
  'auth-without-identity': warn(
    'An auth config that needs the token of a caller must be used in a vMCP that has one.',
    ...ALL,
  ),
};

/** The types that make a credential from the token of the caller. */
const FROM_CALLER: readonly (string | undefined)[] = ['tokenExchange', 'awsSts', 'xaa', 'upstreamInject'];

/** The upstream whose token a config takes; undefined when it takes the token with which the vMCP was called. */
function upstream({ type, tokenExchange, awsSts, xaa }: McpExternalAuthConfig): string | undefined {
  if (type === 'xaa') return xaa?.subjectProviderName ?? 'the first one';
  return (type === 'awsSts' ? awsSts : tokenExchange)?.subjectProviderName;
}

/** Why a vMCP has no token for a config, in words; undefined when it has one, or lacks the provider itself. */
function missingToken(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): string | undefined {
  const { type } = config;
  if (!FROM_CALLER.includes(type)) return undefined;
  if (missingProvider(config, vmcp) !== undefined) return undefined;
  const name = `VirtualMCPServer "${vmcp.metadata.name}"`;
  if (vmcp.incomingAuth === 'anonymous')
    return `${name} lets callers in without a token, and ${type} needs one`;
  if (vmcp.authServer !== undefined) return undefined;
  return upstream(config) === undefined
    ? undefined
    : `${name} has no spec.authServerConfig, and ${type} takes the token of one of its upstreams`;
}

/**
 * Why a vMCP in dynamic mode has no token for the config of a member. It reads that config itself, after the operator has
 * checked its own, and fills in no provider for xaa, not even an only one.
 */
function missingInDynamicMode(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): string | undefined {
  if (vmcp.source === 'inline') return undefined;
  const { type, xaa } = config;
  if (type !== 'xaa' || xaa?.subjectProviderName) return missingProvider(config, vmcp);
  return `VirtualMCPServer "${vmcp.metadata.name}" is in dynamic mode, where xaa needs subjectProviderName, even if there is one provider only`;
}

/** Why a vMCP has no token for the config of a member, in words; undefined when it has one, or when another rule denies it. */
export function missingIdentity(config: McpExternalAuthConfig, vmcp: VirtualMcpServer): string | undefined {
  return missingToken(config, vmcp) ?? missingInDynamicMode(config, vmcp);
}

const CALLS_FAIL = 'every call of the backend fails';

function finding(field: FieldPath, detail: string, violations?: readonly ViolationKey[]): Finding {
  return invalid({ rule: 'auth-without-identity', field, violations, detail });
}

/** A member of a group against the vMCPs of the group. */
export function checkMemberIdentity(member: AuthUser, { view }: Facts): Finding[] {
  const { authConfig: name } = member;
  const config = name === undefined ? undefined : view.authConfig(name);
  if (config === undefined) return [];
  const why = firstReason(config, vmcpsOf(member, view), missingIdentity);
  if (why === undefined) return [];
  return [finding(AUTH_REF, `${CALLS_FAIL}: ${why}`, [{ parts: [name, why] }])];
}

/** A vMCP against the members of its group. Only the first one is named. */
export function checkServedIdentity(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  if (vmcp.group === undefined) return [];
  const unserved = unservedBy(vmcp, vmcp.group, view, missingIdentity);
  const [first] = unserved;
  if (first === undefined) return [];
  const violations = unserved.map(({ config }) => ({ parts: [config.metadata.name] }));
  const detail = `${first.member} uses MCPExternalAuthConfig "${first.config.metadata.name}", and ${CALLS_FAIL}: ${first.why}`;
  return [finding('spec.incomingAuth', detail, violations)];
}

/** An auth config that a vMCP itself names in `field`, against that vMCP. */
export function checkChosenIdentity(
  config: McpExternalAuthConfig,
  vmcp: VirtualMcpServer,
  field: FieldPath,
): Finding[] {
  const why = missingToken(config, vmcp);
  if (why === undefined) return [];
  return [finding(field, `every call with this config fails: ${why}`, [{ parts: [config.metadata.name] }])];
}

/** An auth config against the vMCPs that it is used with. */
export function checkConfigIdentity(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  if (!FROM_CALLER.includes(config.type)) return [];
  const { name } = config.metadata;
  const why =
    firstReason(config, [...vmcpsServing(name, view)], missingIdentity) ??
    firstReason(config, vmcpsChoosing(name, view), missingToken);
  if (why === undefined) return [];
  return [finding('spec.type', `${CALLS_FAIL} that uses this: ${why}`)];
}
