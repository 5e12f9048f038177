import type { Member } from '../../catalog/catalog.ts';
import { shownKey } from '../../kubernetes/read.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { child, type FieldPath, listItem, mapValue } from '../findings/fieldPath.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { Facts } from '../rule.ts';
import { backendSecrets, backendsOf, chosenConfig, receiverUrl } from './members.ts';
import { checkSendings, type Sending } from './secretHosts.ts';

const AUTH_REF = 'spec.externalAuthConfigRef.name';
const HEADERS = 'spec.headerForward.addHeadersFromSecret';

function named({ kind, metadata }: { kind: string; metadata: { name: string } }): string {
  return `${kind} "${metadata.name}"`;
}

/** The sendings of a config's Secrets to a backend. */
function toBackend(
  config: McpExternalAuthConfig | undefined,
  url: string,
  field: FieldPath,
  receiver: string,
): Sending[] {
  if (config === undefined || url === '') return [];
  return backendSecrets(config).map((secret) => ({
    secret,
    url,
    field,
    through: `${named(config)} for ${receiver}`,
  }));
}

/** The Secrets that a member's forwarded headers send to its server. */
function ofHeaders(member: Member, url: string): Sending[] {
  if (member.kind === 'MCPServer' || url === '') return [];
  return (member.headers?.fromSecret ?? []).flatMap(({ headerName, secret }, index) =>
    secret?.name
      ? [
          {
            secret: secret.name,
            url,
            field: child(listItem(HEADERS, index, headerName), 'valueSecretRef.name'),
            through: `headerForward of ${named(member)}`,
          },
        ]
      : [],
  );
}

/** A member: its headers, its own auth config, and what vMCPs of its group choose for it. */
export function checkMemberCredentials(member: Member, { view }: Facts, policy: Policy): Finding[] {
  if (policy.credentials.size === 0) return [];
  const { authConfig, group, metadata } = member;
  const url = receiverUrl(member);
  const urlField = member.kind === 'MCPServer' ? 'metadata.name' : member.fields.remoteUrl;
  const sendings = ofHeaders(member, url);
  if (authConfig !== undefined)
    sendings.push(...toBackend(view.authConfig(authConfig), url, AUTH_REF, named(member)));
  for (const vmcp of group === undefined ? [] : view.virtualServersOf(group)) {
    const chosen = chosenConfig(vmcp, { name: metadata.name, authConfig });
    if (chosen !== undefined)
      sendings.push(
        ...toBackend(view.authConfig(chosen), url, urlField, `${named(member)} in ${named(vmcp)}`),
      );
  }
  return checkSendings(sendings, metadata.namespace, policy);
}

/** A vMCP: the configs that it chooses for its backends. */
export function checkChosenCredentials(vmcp: VirtualMcpServer, { view }: Facts, policy: Policy): Finding[] {
  if (policy.credentials.size === 0) return [];
  const sendings = backendsOf(vmcp, view).flatMap((backend) => {
    const { name, url, words } = backend;
    const chosen = chosenConfig(vmcp, backend);
    if (chosen === undefined) return [];
    const place = Object.hasOwn(vmcp.backendAuth, name)
      ? mapValue('spec.outgoingAuth.backends', name, shownKey(name, vmcp.backendAuth))
      : 'spec.outgoingAuth.default';
    return toBackend(view.authConfig(chosen), url, child(place, 'externalAuthConfigRef.name'), words);
  });
  return checkSendings(sendings, vmcp.metadata.namespace, policy);
}

/** The Secrets of a config that are sent to its own token endpoints. */
export function tokenSendings(config: McpExternalAuthConfig): Sending[] {
  return authSecrets(config).flatMap(({ ref, endpoint, field }) =>
    endpoint ? [{ secret: ref.name, url: endpoint, field, through: named(config) }] : [],
  );
}

/** The backends that are called with a config: those that name it, and those for which a vMCP chooses it. */
function receiversOf(config: McpExternalAuthConfig, { view }: Facts): Sending[] {
  const { name } = config.metadata;
  const field = config.bearerToken
    ? 'spec.bearerToken.tokenSecretRef'
    : 'spec.headerInjection.valueSecretRef';
  return view.usersOf(name).flatMap((user) => {
    if (user.kind !== 'VirtualMCPServer') return toBackend(config, receiverUrl(user), field, named(user));
    return backendsOf(user, view)
      .filter((backend) => chosenConfig(user, backend) === name)
      .flatMap(({ url, words }) => toBackend(config, url, field, `${words} in ${named(user)}`));
  });
}

/** An auth config: its token endpoints, and the servers of everything that uses it. */
export function checkConfigCredentials(
  config: McpExternalAuthConfig,
  facts: Facts,
  policy: Policy,
): Finding[] {
  if (policy.credentials.size === 0) return [];
  const sendings = [
    ...tokenSendings(config),
    ...(backendSecrets(config).length > 0 ? receiversOf(config, facts) : []),
  ];
  return checkSendings(sendings, config.metadata.namespace, policy);
}

/** The findings about the token endpoints of a config alone, for injection, which judges the backends by itself. */
export function checkTokenCredentials(config: McpExternalAuthConfig, policy: Policy): Finding[] {
  if (policy.credentials.size === 0) return [];
  return checkSendings(tokenSendings(config), config.metadata.namespace, policy);
}
