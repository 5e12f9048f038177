import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { invalid, notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, type Target, warn } from '../rule.ts';

const MEMBERS: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPServer'];

export const authReferenceRules = {
  'auth-config-not-found': warn('The auth config must exist.', ...MEMBERS, 'VirtualMCPServer'),
  'auth-type-unsupported': warn(
    'The auth config must be of a type that a vMCP can use towards a backend.',
    ...MEMBERS,
  ),
  'auth-config-invalid': warn('The auth config must not be marked invalid by its controller.', ...MEMBERS),
  'auth-client-id-missing': warn(
    'A token exchange with a client secret must have a clientId.',
    'MCPExternalAuthConfig',
    ...MEMBERS,
  ),
};

/** Types that ToolHive's converter cannot turn into a strategy of a vMCP. */
const UNCONVERTIBLE = new Set(['bearerToken', 'embeddedAuthServer', 'obo']);

/** Why a vMCP cannot use an auth config towards a backend, in words; undefined when it can. */
export function unconvertible({ type, blocks }: McpExternalAuthConfig): string | undefined {
  if (type === undefined) return 'it has no type';
  if (UNCONVERTIBLE.has(type))
    return `its type ${type} is not one for backends; use headerInjection, tokenExchange, awsSts, xaa, upstreamInject or unauthenticated`;
  if (type !== 'unauthenticated' && !blocks.includes(type)) return `it has no block "${type}" for its type`;
  return undefined;
}

/** The finding about a config that does not exist (yet), with what follows from that. */
export function configNotFound(
  field: FieldPath,
  name: string,
  namespace: string,
  consequence: string,
): Finding {
  return notFound({
    rule: 'auth-config-not-found',
    field,
    value: name,
    detail: `MCPExternalAuthConfig "${name}" does not exist yet in namespace "${namespace}"; ${consequence}`,
  });
}

/** A client secret without a client id, where `subject` begins the sentence. */
function clientIdMissing(
  { tokenExchange }: McpExternalAuthConfig,
  field: string,
  subject: string,
  value?: string,
): Finding[] {
  if (!tokenExchange?.clientSecretRef || tokenExchange.clientId) return [];
  return [
    invalid({
      rule: 'auth-client-id-missing',
      field,
      value,
      detail: `${subject} a clientSecretRef but no clientId; every token exchange will fail`,
    }),
  ];
}

/** The client id of an auth config itself. */
export function checkClientId(config: McpExternalAuthConfig): Finding[] {
  return clientIdMissing(config, 'spec.tokenExchange.clientId', 'there is');
}

/** A member of a group. */
export interface AuthUser {
  readonly metadata: { readonly name: string };
  readonly authConfig: string | undefined;
  readonly group: string | undefined;
}

/** The field in which a member names its auth config. */
export const AUTH_REF = 'spec.externalAuthConfigRef.name';

/** The auth config that a backend of a vMCP names. */
export function checkAuthReference({ authConfig: name }: AuthUser, { view }: Facts): Finding[] {
  if (name === undefined) return [];
  const config = view.authConfig(name);
  if (config === undefined)
    return [configNotFound(AUTH_REF, name, view.namespace, 'the backend is not served until it does')];
  const said = { field: AUTH_REF, value: name };
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
        detail: `MCPExternalAuthConfig "${name}" is marked invalid (${config.valid.reason || 'no reason given'}); the backend is not served until that is corrected`,
      }),
    );
  findings.push(...clientIdMissing(config, AUTH_REF, `MCPExternalAuthConfig "${name}" has`, name));
  return findings;
}

/**
 * As {@link checkAuthReference}, for a kind that also works without a group: then it uses the config itself, also types that
 * a vMCP cannot use.
 */
export function checkMemberAuthReference(user: AuthUser, facts: Facts): Finding[] {
  return user.group === undefined ? [] : checkAuthReference(user, facts);
}
