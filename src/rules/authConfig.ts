import type { NamespaceView } from '../catalog/catalog.ts';
import { AUTH_TYPES, type McpExternalAuthConfig } from '../toolhive/authConfig.ts';
import { authSecrets, checkAuthVariables } from './authVariables.ts';
import type { Facts } from './facts.ts';
import { forbidden, invalid, notSupported, required } from './finding.ts';
import { checkHeaderName } from './headers.ts';
import { toVerdict } from './levels.ts';
import type { Policy } from './policy.ts';
import { ambiguousProvider, missingProvider, unconvertible } from './references.ts';
import { checkUrl } from './remoteUrl.ts';
import { checkSecretRef, type SecretLookups } from './secrets.ts';
import type { Finding, Verdict } from './verdict.ts';

const TYPE = 'spec.type';
const MAX_NAMED = 5;

/** The CRD's own rule, said for manifests that no API server has seen. */
function checkBlocks(config: McpExternalAuthConfig): Finding[] {
  const { type, blocks } = config;
  if (type === undefined)
    return [
      required({ rule: 'auth-block-mismatch', field: TYPE, detail: `one of ${AUTH_TYPES.join(', ')}` }),
    ];
  if (!AUTH_TYPES.some((known) => known === type))
    return [notSupported({ rule: 'auth-block-mismatch', field: TYPE, value: type }, AUTH_TYPES)];
  const findings = blocks
    .filter((block) => block !== type)
    .map((block) =>
      forbidden({
        rule: 'auth-block-mismatch',
        field: `spec.${block}`,
        detail: `must not be set when spec.type is ${type}`,
      }),
    );
  if (type !== 'unauthenticated' && !blocks.some((block) => block === type))
    findings.push(
      required({
        rule: 'auth-block-mismatch',
        field: `spec.${type}`,
        detail: `spec.type is ${type}, so its block must be there`,
      }),
    );
  return findings;
}

/** Token endpoints get client secrets, so they are judged as remote URLs are; a private one is the team's own choice. */
function checkTokenUrls(config: McpExternalAuthConfig, policy: Policy): Finding[] {
  const urls = [
    ['spec.tokenExchange.tokenUrl', config.tokenExchange?.tokenUrl, config.tokenExchange?.clientSecretRef],
    ['spec.xaa.idpTokenUrl', config.xaa?.idpTokenUrl, config.xaa?.idpClientSecretRef],
    ['spec.xaa.targetTokenUrl', config.xaa?.targetTokenUrl, config.xaa?.targetClientSecretRef],
  ] as const;
  return urls.flatMap(([field, url, secret]) => {
    if (url === undefined) return [];
    if (url === '')
      return [required({ rule: 'remote-url-missing', field, detail: 'the URL of a token endpoint' })];
    const findings = checkUrl(field, url, true, policy.url);
    if (secret && url.startsWith('http://') && findings.length === 0)
      findings.push(
        forbidden({
          rule: 'remote-url-cleartext',
          field,
          raw: url,
          detail: 'http:// sends the client secret unencrypted; use https://',
        }),
      );
    return findings;
  });
}

/**
 * What a vMCP's validator or loader asks of a strategy beside its URLs, its header and its Secrets: without it the process
 * ends. The CRDs ask for these too, but take an empty `targetAudience`.
 */
function checkFields({ xaa, awsSts, upstreamInject }: McpExternalAuthConfig): Finding[] {
  const findings: Finding[] = [];
  const missing = (field: string, what: string) =>
    findings.push(
      required({
        rule: 'auth-field-missing',
        field,
        detail: `${what}; a vMCP that is given this config without it does not start`,
      }),
    );
  if (xaa?.targetAudience === '')
    missing('spec.xaa.targetAudience', 'the URL of the authorization server that guards the MCP server');
  if (awsSts?.region === '') missing('spec.awsSts.region', 'an AWS region, e.g. eu-west-1');
  if (upstreamInject?.providerName === '')
    missing('spec.upstreamInject.providerName', 'the name of an upstream provider of the vMCP');
  return findings;
}

/** What the rules say about the token endpoints that a config of its type uses. Pure; never throws. */
export function judgeTokenUrls(config: McpExternalAuthConfig, policy: Policy): Verdict {
  const used = checkTokenUrls(config, policy).filter(({ field }) => field.startsWith(`spec.${config.type}.`));
  return toVerdict(used, policy);
}

/** Gaps R10, R11 and S15. */
function checkBlockContents(config: McpExternalAuthConfig): Finding[] {
  const findings: Finding[] = [];
  const { tokenExchange, headerInjection } = config;
  if (headerInjection)
    findings.push(...checkHeaderName(headerInjection.headerName, 'spec.headerInjection.headerName'));
  if (tokenExchange?.clientSecretRef && !tokenExchange.clientId)
    findings.push(
      invalid({
        rule: 'auth-client-id-missing',
        field: 'spec.tokenExchange.clientId',
        detail: 'clientSecretRef is set but clientId is not; every token exchange will fail',
      }),
    );
  if (tokenExchange?.externalTokenHeaderName)
    findings.push(
      forbidden({
        rule: 'auth-token-header-dropped',
        field: 'spec.tokenExchange.externalTokenHeaderName',
        detail: 'a vMCP does not get this field from ToolHive; the token is taken from the usual place',
      }),
    );
  return findings;
}

/** `entry "a", vMCP "b" and 3 more`. */
function namedUsers(users: readonly { readonly kind: string; readonly name: string }[]): string {
  const named = users
    .slice(0, MAX_NAMED)
    .map(({ kind, name }) => `${kind} "${name}"`)
    .join(', ');
  return users.length > MAX_NAMED ? `${named} and ${users.length - MAX_NAMED} more` : named;
}

/** Who is left without auth when the config is as it is: gap R6 at its source. */
function checkUsers(config: McpExternalAuthConfig, view: NamespaceView): Finding[] {
  const users = view.usersOf(config.metadata.name);
  if (users.length === 0) return [];
  const reason = unconvertible(config);
  if (reason !== undefined)
    return [
      forbidden({
        rule: 'auth-config-in-use',
        field: TYPE,
        detail: `used by ${namedUsers(users)}, which will not be served any more: ${reason}`,
      }),
    ];
  return [];
}

/** The groups whose members or vMCPs use the config. */
function groupsOf(config: McpExternalAuthConfig, view: NamespaceView): Set<string> {
  const groups = new Set<string>();
  for (const { kind, name } of view.usersOf(config.metadata.name)) {
    const user =
      kind === 'MCPServer'
        ? view.server(name)
        : kind === 'MCPRemoteProxy'
          ? view.remoteProxy(name)
          : kind === 'MCPServerEntry'
            ? view.entry(name)
            : view.virtualServer(name);
    if (user?.group !== undefined) groups.add(user.group);
  }
  return groups;
}

/** Gaps R9 and N6 at their source: a change of the config that would stop a vMCP or mix up secrets. */
function checkGroups(config: McpExternalAuthConfig, view: NamespaceView): Finding[] {
  const findings: Finding[] = [];
  for (const group of groupsOf(config, view)) {
    findings.push(...checkAuthVariables(config, group, 'metadata.name', view));
    for (const vmcp of view.virtualServersOf(group)) {
      const missing = missingProvider(config, vmcp);
      if (missing === undefined) continue;
      findings.push(
        forbidden({
          rule: 'auth-provider-missing',
          field: 'spec.upstreamInject.providerName',
          detail: `is used in group "${group}", but ${missing}; ToolHive would stop reconciling that vMCP`,
        }),
      );
    }
    for (const vmcp of view.virtualServersOf(group)) {
      const several = ambiguousProvider(config, vmcp);
      if (several === undefined) continue;
      findings.push(
        required({
          rule: 'auth-provider-ambiguous',
          field: 'spec.xaa.subjectProviderName',
          detail: `is used in group "${group}", where ${several}; one of these names, or the backends are not served there`,
        }),
      );
    }
  }
  return findings;
}

/**
 * The Secrets of a config. Those of headerInjection and bearerToken must be there: the CRD says so, and without a value
 * the vMCP's loader ends the process. A bearer token goes to the MCPServers that use it, so it is not looked up here.
 */
function checkSecrets(config: McpExternalAuthConfig, secrets: SecretLookups): Finding[] {
  const { headerInjection, bearerToken } = config;
  const findings = authSecrets(config).flatMap(([, ref, field]) =>
    checkSecretRef(ref, field, secrets, 'config'),
  );
  const token = bearerToken?.tokenSecretRef;
  if (token) findings.push(...checkSecretRef(token, 'spec.bearerToken.tokenSecretRef', undefined, 'config'));
  const missing = (field: string) =>
    required({
      rule: 'secret-reference-invalid',
      field,
      detail: 'name and key of a Secret in the same namespace',
    });
  if (headerInjection && !headerInjection.valueSecretRef)
    findings.push(missing('spec.headerInjection.valueSecretRef'));
  if (bearerToken && !token) findings.push(missing('spec.bearerToken.tokenSecretRef'));
  return findings;
}

/** Applies every rule about an MCPExternalAuthConfig. Pure; never throws. */
export function judgeAuthConfig(
  config: McpExternalAuthConfig,
  { view, secrets }: Facts,
  policy: Policy,
): Verdict {
  return toVerdict(
    [
      ...checkBlocks(config),
      ...checkTokenUrls(config, policy),
      ...checkFields(config),
      ...checkBlockContents(config),
      ...checkGroups(config, view),
      ...checkUsers(config, view),
      ...checkSecrets(config, secrets),
    ],
    policy,
  );
}
