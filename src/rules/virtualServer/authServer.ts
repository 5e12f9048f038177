import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { parseDuration } from '../../text/goDuration.ts';
import { listed, quoted } from '../../text/line.ts';
import { findEach } from '../findings/each.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { duplicate, forbidden, invalid, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';

export const authServerRules = {
  'vmcp-auth-server': deny(
    'The embedded auth server must agree with the incoming authentication.',
    'VirtualMCPServer',
    'MCPOIDCConfig',
  ),
  'auth-parameter-reserved': deny(
    'Authorization parameters must not be ones that ToolHive sets itself.',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
  ),
  'vmcp-auth-server-scopes': deny(
    'The baseline scopes of clients must be scopes that the auth server offers.',
    'VirtualMCPServer',
  ),
  'vmcp-resource-url-default': warn(
    'A vMCP with an auth server must name the URL that its clients use.',
    'VirtualMCPServer',
  ),
};

const SERVER = 'spec.authServerConfig';
/** What the operator does with a spec that its validation of the auth server refuses, 70 to 85 times a second. */
const LOOPS = 'ToolHive never writes a configuration for this vMCP and retries without a pause';
const PORT = 4483;

/** The finding about an auth server that does not agree with the rest. */
export function authServerFault(field: string, value: string | undefined, detail: string): Finding {
  return forbidden({
    rule: 'vmcp-auth-server',
    field,
    value,
    detail: `${detail}; ${LOOPS}`,
  });
}

/** The resource that the operator fills in. It is not the URL of the Service, which is `vmcp-<name>`. */
function defaultResource({ name, namespace }: LoneObject): string {
  return `http://${name}.${namespace}.svc.cluster.local:${PORT}`;
}

/** Source: `ValidateAudienceURI` of toolhive v0.47.0, pkg/authserver/server. */
const RESOURCE = /^https?:\/\/[^/?#]+[^#]*#?$/i;

/** Tokens are for exactly one audience: the resource URL. */
function audienceFindings(vmcp: LoneObject): Finding[] {
  const field = 'spec.incomingAuth.oidcConfigRef';
  const audience = textAt(vmcp.spec, 'incomingAuth', 'oidcConfigRef', 'audience');
  const given = textAt(vmcp.spec, 'incomingAuth', 'oidcConfigRef', 'resourceUrl');
  if (audience === undefined) return [];
  const resource = given ?? defaultResource(vmcp);
  if (!RESOURCE.test(resource)) {
    const detail = 'must be an http or https URL without a fragment; the vMCP does not start otherwise';
    return [forbidden({ rule: 'vmcp-auth-server', field: `${field}.resourceUrl`, value: resource, detail })];
  }
  if (audience !== resource)
    return [
      authServerFault(
        `${field}.audience`,
        audience,
        `must be the same as resourceUrl, which is ${given === undefined ? 'not set and so ' : ''}${quoted(resource)}`,
      ),
    ];
  if (given !== undefined) return [];
  return [
    invalid({
      rule: 'vmcp-resource-url-default',
      field: `${field}.resourceUrl`,
      detail: `is not set, so clients are told that this vMCP is ${resource}, where nothing answers: its Service is vmcp-${vmcp.name}; set resourceUrl and audience to the URL that clients use`,
    }),
  ];
}

const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/;

const LOOPBACK_HTTPS = /^https:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/?]|$)/i;

function issuerFindings(server: unknown): Finding[] {
  const issuer = textAt(server, 'issuer');
  const field = `${SERVER}.issuer`;
  if (issuer === undefined)
    return [required({ rule: 'vmcp-auth-server', field, detail: `the issuer of the auth server; ${LOOPS}` })];
  if (!issuer.startsWith('http://') || LOOPBACK.test(issuer) || valueAt(server, 'insecureAllowHTTP') === true)
    return [];
  return [authServerFault(field, issuer, 'must be https, or insecureAllowHTTP: true must be set')];
}

function upstreamFindings(server: unknown): Finding[] {
  const seen = new Set<string>();
  return findEach(itemsAt(server, 'upstreamProviders'), ([index, item]) => {
    const name = textAt(item, 'name') ?? 'default';
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const list = `${SERVER}.upstreamProviders`;
    return [
      duplicate({
        rule: 'vmcp-auth-server',
        field: { shown: `${list}[${index}].name`, stable: `${list}[${JSON.stringify(name)}].name` },
        value: name,
        detail: 'two upstreams must not have one name, as what refers to it would mean either of them',
      }),
    ];
  });
}

/** What ToolHive sets in every authorization request. Source: `ReservedAuthorizationParams` of toolhive v0.47.0. */
const RESERVED = [
  ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state'],
  ...['code_challenge', 'code_challenge_method', 'nonce'],
];

/** Parameters of authorization requests that ToolHive refuses, of a vMCP or an MCPExternalAuthConfig. */
export function checkAuthorizationParams({ spec }: LoneObject): Finding[] {
  return ['authServerConfig', 'embeddedAuthServer'].flatMap((block) =>
    findEach(itemsAt(spec, block, 'upstreamProviders'), ([index, upstream]) =>
      ['oidcConfig', 'oauth2Config'].flatMap((kind) => {
        const params = fieldsAt(upstream, kind, 'additionalAuthorizationParams') ?? {};
        const path = `spec.${block}.upstreamProviders[${index}].${kind}.additionalAuthorizationParams`;
        return RESERVED.filter((name) => Object.hasOwn(params, name)).map((name) =>
          forbidden({
            rule: 'auth-parameter-reserved',
            field: withoutPositions(`${path}.${name}`),
            detail: `ToolHive sets ${name} itself, and refuses the auth server with it; remove it`,
          }),
        );
      }),
    ),
  );
}

function redirectFindings(server: unknown): Finding[] {
  return findEach(itemsAt(server, 'forceConfidentialRedirectUris'), ([, uri]) => {
    if (typeof uri !== 'string' || !LOOPBACK_HTTPS.test(uri)) return [];
    const detail = `must not have the loopback address ${quoted(uri)}; the vMCP does not start otherwise`;
    return [
      forbidden({ rule: 'vmcp-auth-server', field: `${SERVER}.forceConfidentialRedirectUris`, detail }),
    ];
  });
}

/** What the auth server needs to start. Source: `buildStorageRunConfig` and `CIMDRunConfig.Validate` of toolhive v0.47.0. */
function startFindings(server: unknown): Finding[] {
  const findings: Finding[] = [];
  const say = (field: string, detail: string) =>
    findings.push(forbidden({ rule: 'vmcp-auth-server', field: `${SERVER}.${field}`, detail }));
  if (textAt(server, 'storage', 'type') === 'redis' && fieldsAt(server, 'storage', 'redis') === undefined)
    say('storage.redis', 'is required for the type redis; ToolHive writes no configuration for this vMCP');
  const ttl = textAt(server, 'cimd', 'cacheFallbackTtl');
  if (valueAt(server, 'cimd', 'enabled') === true && ttl !== undefined && parseDuration(ttl) === 0)
    say('cimd.cacheFallbackTtl', 'must be more than 0; the vMCP does not start otherwise');
  return [...findings, ...redirectFindings(server)];
}

/** What an auth server offers when nothing says what it offers. */
const DEFAULT_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

/** What an auth server has, to look something up and in words. */
interface Known {
  readonly names: ReadonlySet<string>;
  readonly words: string;
}

function toKnown(names: readonly string[]): Known {
  return { names: new Set(names), words: listed(names) };
}

/** The scopes of the incoming OIDC, which the auth server offers. Source: `deriveScopesSupported` of toolhive v0.47.0. */
function offeredScopes(spec: unknown): Known {
  const offered = itemsAt(spec, 'incomingAuth', 'oidcConfigRef', 'scopes')
    .map(([, scope]) => scope)
    .filter((scope) => typeof scope === 'string');
  return toKnown(offered.length > 0 ? offered : DEFAULT_SCOPES);
}

/** A list of a grant that must lie within what the auth server has. */
interface GrantList {
  readonly path: string;
  readonly list: 'scopes' | 'audiences';
  readonly items: ReturnType<typeof itemsAt>;
}

function* grantLists(server: unknown): Generator<GrantList> {
  for (const holder of ['delegateClients', 'inboundGrants.tokenExchange.delegateClients'])
    for (const [index, client] of itemsAt(server, ...holder.split('.')))
      for (const list of ['scopes', 'audiences'] as const)
        yield { path: `${holder}[${index}].${list}`, list, items: itemsAt(client, list) };
  const issuers = [
    ['trustedIssuers', 'jwtBearerGrant.'],
    ['inboundGrants.jwtBearer.issuerPolicies', ''],
  ] as const;
  for (const [holder, grant] of issuers)
    for (const [index, issuer] of itemsAt(server, ...holder.split('.')))
      for (const [place, binding] of itemsAt(issuer, ...`${grant}subjectBindings`.split('.'))) {
        const path = `${holder}[${index}].${grant}subjectBindings[${place}].allowedResources`;
        yield { path, list: 'audiences', items: itemsAt(binding, 'allowedResources') };
      }
}

/** Grants for what the auth server does not have. Source: `validateDelegateClients`, `validateTrustedIssuers` of toolhive v0.47.0. */
function grantFindings(vmcp: LoneObject, server: unknown): Finding[] {
  const resource = textAt(vmcp.spec, 'incomingAuth', 'oidcConfigRef', 'resourceUrl') ?? defaultResource(vmcp);
  const known = { scopes: offeredScopes(vmcp.spec), audiences: toKnown([resource]) };
  return findEach(grantLists(server), ({ path, list, items }) => {
    const { names, words } = known[list];
    const rule = 'vmcp-auth-server';
    const field = withoutPositions(`${SERVER}.${path}`);
    return findEach(items, ([, item]) => {
      if (typeof item !== 'string' || names.has(item)) return [];
      const what = list === 'scopes' ? 'scopes' : 'resources';
      const detail = `${quoted(item)} is not one of the ${what} of this auth server (${words}); ToolHive writes no configuration for this vMCP`;
      return [forbidden({ rule, field, value: item, violations: [{ parts: [item] }], detail })];
    });
  });
}

/** `spec.authServerConfig` beside `spec.incomingAuth`. Source: `ValidateAuthServerIntegration` of toolhive v0.47.0. */
export function checkAuthServer(vmcp: LoneObject): Finding[] {
  const server = fieldsAt(vmcp.spec, 'authServerConfig');
  if (server === undefined) return [];
  const type = textAt(vmcp.spec, 'incomingAuth', 'type');
  const incoming =
    type === 'oidc'
      ? audienceFindings(vmcp)
      : [authServerFault('spec.incomingAuth.type', type, 'must be oidc, since spec.authServerConfig is set')];
  return [
    ...issuerFindings(server),
    ...upstreamFindings(server),
    ...startFindings(server),
    ...grantFindings(vmcp, server),
    ...incoming,
  ];
}

/**
 * An auth server whose `baselineClientScopes` it does not offer ends its process at start. It offers the scopes of the incoming
 * OIDC, so those of an MCPExternalAuthConfig depend on who uses it. Source: `deriveScopesSupported` of toolhive v0.47.0.
 */
export function checkServerScopes({ spec }: LoneObject): Finding[] {
  const scopes = offeredScopes(spec);
  const path = 'spec.authServerConfig.baselineClientScopes';
  const items = itemsAt(fieldsAt(spec, 'authServerConfig'), 'baselineClientScopes');
  return findEach(items, ([index, scope]) =>
    typeof scope !== 'string' || scopes.names.has(scope)
      ? []
      : [
          invalid({
            rule: 'vmcp-auth-server-scopes',
            field: { shown: `${path}[${index}]`, stable: `${path}[]` },
            value: scope,
            violations: [{ parts: [scope] }],
            detail: `must be one of the scopes that the auth server offers (${scopes.words}), or the vMCP does not start`,
          }),
        ],
  );
}
