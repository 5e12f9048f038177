import type { McpExternalAuthConfig, TokenExchangeBlock, XaaBlock } from '../toolhive/authConfig.ts';
import { normalise } from '../toolhive/names.ts';
import type { SecretKeyRef } from '../toolhive/reference.ts';
import type { LeaveReason } from './reasons.ts';
import { isUsableRef } from './references.ts';
import { YamlMap, type YamlValue } from './yamlText.ts';

/** A secret that a strategy takes from the environment. */
export interface StrategySecret {
  /** The variable that ToolHive gives it; another config can give the same (gap N6). */
  readonly env: string;
  readonly ref: SecretKeyRef;
}

/** One `BackendAuthStrategy` of the vMCP, without the names of its variables: those are chosen per Pod. */
export interface Strategy {
  readonly config: string;
  readonly secrets: readonly StrategySecret[];
  /** The strategy as it stands in config.yaml, `env` giving the variable that stands for ToolHive's. */
  render(env: (operatorName: string) => string): YamlMap;
}

export interface AuthFailure {
  readonly reason: LeaveReason;
  readonly message: string;
}

/** What the conversion must know about the vMCP: its auth server's providers, undefined when it has none. */
export interface AuthServer {
  /** Undefined: there is one, but nobody here can tell its providers (a self-managed Pod). */
  readonly providers: readonly string[] | undefined;
}

const SHORT_TOKEN_TYPES = new Set(['access_token', 'id_token', 'jwt']);
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

function texts(values: readonly string[]): readonly string[] | undefined {
  return values.length > 0 ? values : undefined;
}

function variable(prefix: string, config: string, ref: SecretKeyRef | undefined): StrategySecret | undefined {
  return ref && { env: `TOOLHIVE_${prefix}_${normalise(config)}`, ref };
}

/** An unnamed provider of an auth server is called `default`; so is the one that there is when none is listed. */
function providerNames(server: AuthServer | undefined): readonly string[] | undefined {
  if (!server?.providers) return undefined;
  return server.providers.length === 0 ? ['default'] : server.providers.map((name) => name || 'default');
}

interface Built {
  readonly type: string;
  readonly block?: readonly [key: string, render: (env: (name: string) => string) => YamlMap];
  readonly secrets?: readonly (StrategySecret | undefined)[];
  /** Required by the vMCP's validator, by the name of the field in the CRD. */
  readonly required?: Readonly<Record<string, string | undefined>>;
}

function tokenExchange(name: string, block: TokenExchangeBlock, provider: string | undefined): Built {
  const secret = variable('TOKEN_EXCHANGE_CLIENT_SECRET', name, block.clientSecretRef);
  const subject = block.subjectTokenType;
  return {
    type: 'token_exchange',
    required: { tokenUrl: block.tokenUrl },
    secrets: [secret],
    block: [
      'tokenExchange',
      (env) =>
        new YamlMap([
          ['tokenUrl', block.tokenUrl],
          ['clientId', block.clientId || undefined],
          ['clientSecretEnv', secret && env(secret.env)],
          ['audience', block.audience || undefined],
          ['scopes', texts(block.scopes)],
          [
            'subjectTokenType',
            subject && SHORT_TOKEN_TYPES.has(subject)
              ? `urn:ietf:params:oauth:token-type:${subject}`
              : subject || undefined,
          ],
          ['subjectProviderName', block.subjectProviderName || provider],
        ]),
    ],
  };
}

function xaa(name: string, block: XaaBlock, provider: string | undefined): Built {
  const idp = variable('XAA_IDP_CLIENT_SECRET', name, block.idpClientSecretRef);
  const target = variable('XAA_TARGET_CLIENT_SECRET', name, block.targetClientSecretRef);
  return {
    type: 'xaa',
    required: {
      idpTokenUrl: block.idpTokenUrl,
      targetTokenUrl: block.targetTokenUrl,
      targetAudience: block.targetAudience,
    },
    secrets: [idp, target],
    block: [
      'xaa',
      (env) =>
        new YamlMap([
          ['idpTokenUrl', block.idpTokenUrl],
          ['idpClientId', block.idpClientId || undefined],
          ['idpClientSecretEnv', idp && env(idp.env)],
          ['targetTokenUrl', block.targetTokenUrl],
          ['insecureTargetTokenUrl', block.insecureTargetTokenUrl || undefined],
          ['targetClientId', block.targetClientId || undefined],
          ['targetClientSecretEnv', target && env(target.env)],
          ['targetAudience', block.targetAudience],
          ['targetResource', block.targetResource || undefined],
          ['scopes', texts(block.scopes)],
          ['subjectProviderName', block.subjectProviderName || provider],
          ['subjectTokenType', block.subjectTokenType || undefined],
        ]),
    ],
  };
}

function awsSts(block: NonNullable<McpExternalAuthConfig['awsSts']>, provider: string | undefined): Built {
  const mappings = block.roleMappings.map(
    ({ claim, matcher, roleArn, priority }) =>
      new YamlMap([
        ['claim', claim || undefined],
        ['matcher', matcher || undefined],
        ['roleArn', roleArn],
        ['priority', priority],
      ]),
  );
  const value: readonly (readonly [string, YamlValue | undefined])[] = [
    ['region', block.region],
    ['service', block.service || undefined],
    ['fallbackRoleArn', block.fallbackRoleArn || undefined],
    ['roleMappings', mappings.length > 0 ? mappings : undefined],
    ['roleClaim', block.roleClaim || undefined],
    ['sessionDuration', block.sessionDuration],
    ['sessionNameClaim', block.sessionNameClaim || undefined],
    ['subjectProviderName', block.subjectProviderName || provider],
  ];
  return {
    type: 'aws_sts',
    required: { region: block.region },
    block: ['awsSts', () => new YamlMap(value)],
  };
}

/** The strategy of a config by its type, with the block of the same name; undefined when there is none. */
function build(config: McpExternalAuthConfig, provider: string | undefined): Built | undefined {
  const { name } = config.metadata;
  switch (config.type) {
    case 'unauthenticated':
      return { type: 'unauthenticated' };
    case 'tokenExchange':
      return config.tokenExchange && tokenExchange(name, config.tokenExchange, provider);
    case 'headerInjection': {
      const block = config.headerInjection;
      const secret = variable('HEADER_INJECTION_VALUE', name, block?.valueSecretRef);
      if (!block) return undefined;
      return {
        type: 'header_injection',
        required: { headerName: block.headerName, valueSecretRef: secret?.env },
        secrets: [secret],
        block: [
          'headerInjection',
          (env) =>
            new YamlMap([
              ['headerName', block.headerName],
              ['headerValueEnv', secret && env(secret.env)],
            ]),
        ],
      };
    }
    case 'upstreamInject': {
      const block = config.upstreamInject;
      return (
        block && {
          type: 'upstream_inject',
          required: { providerName: block.providerName },
          block: ['upstreamInject', () => new YamlMap([['providerName', block.providerName]])],
        }
      );
    }
    case 'awsSts':
      return config.awsSts && awsSts(config.awsSts, provider);
    case 'xaa':
      return config.xaa && xaa(name, config.xaa, provider);
    default:
      return undefined;
  }
}

const CONVERTIBLE = new Set([
  'unauthenticated',
  'tokenExchange',
  'headerInjection',
  'upstreamInject',
  'awsSts',
  'xaa',
]);

function providerFailure(
  config: McpExternalAuthConfig,
  server: AuthServer | undefined,
): AuthFailure | undefined {
  const { name } = config.metadata;
  const providers = providerNames(server);
  const wanted = config.type === 'upstreamInject' ? config.upstreamInject?.providerName : undefined;
  if (wanted && (server === undefined || (providers !== undefined && !providers.includes(wanted))))
    return {
      reason: 'auth-provider-missing',
      message: server
        ? `MCPExternalAuthConfig "${name}" needs the provider "${wanted}"; the auth server of this vMCP has ${providers?.map((provider) => `"${provider}"`).join(', ')}`
        : `MCPExternalAuthConfig "${name}" needs the provider "${wanted}", but this vMCP has no auth server; set spec.authServerConfig of its VirtualMCPServer`,
    };
  if (config.type === 'xaa' && !config.xaa?.subjectProviderName && (providers?.length ?? 0) > 1)
    return {
      reason: 'auth-provider-ambiguous',
      message: `MCPExternalAuthConfig "${name}" must set xaa.subjectProviderName: the auth server of this vMCP has several providers`,
    };
  return undefined;
}

/**
 * Converts an MCPExternalAuthConfig into a strategy of the vMCP, as ToolHive's converters do, and refuses what the
 * vMCP's validator would refuse. Source: toolhive's converter registry and the vMCP's config validator.
 */
export function convertAuth(
  config: McpExternalAuthConfig,
  server: AuthServer | undefined,
): { readonly ok: true; readonly strategy: Strategy } | ({ readonly ok: false } & AuthFailure) {
  const { name } = config.metadata;
  const type = config.type ?? '';
  if (config.valid?.status === 'False')
    return {
      ok: false,
      reason: 'auth-config-invalid',
      message: `MCPExternalAuthConfig "${name}" is marked invalid by its controller (${config.valid.reason || 'no reason given'}); see its status`,
    };
  if (!CONVERTIBLE.has(type))
    return {
      ok: false,
      reason: 'auth-type-unsupported',
      message: `MCPExternalAuthConfig "${name}" is of type "${type}", which no vMCP can use towards a backend; allowed are ${[...CONVERTIBLE].join(', ')}`,
    };
  const incomplete = (what: string) =>
    ({
      ok: false,
      reason: 'auth-config-incomplete',
      message: `MCPExternalAuthConfig "${name}" of type "${type}" ${what}`,
    }) as const;
  const built = build(config, providerNames(server)?.[0]);
  if (!built) return incomplete(`has no spec.${type}`);
  for (const [field, value] of Object.entries(built.required ?? {}))
    if (!value) return incomplete(`has no spec.${type}.${field}`);
  if (config.xaa?.subjectTokenType && config.type === 'xaa' && config.xaa.subjectTokenType !== ID_TOKEN)
    return incomplete(`must have the subjectTokenType ${ID_TOKEN} or none`);
  const secrets = (built.secrets ?? []).filter((secret) => secret !== undefined);
  if (secrets.some(({ ref }) => !isUsableRef(ref)))
    return incomplete('has a Secret reference without a usable name and key');
  const failure = providerFailure(config, server);
  if (failure) return { ok: false, ...failure };
  return {
    ok: true,
    strategy: {
      config: name,
      secrets,
      render: (env) =>
        new YamlMap([
          ['type', built.type],
          ...(built.block ? [[built.block[0], built.block[1](env)] as const] : []),
        ]),
    },
  };
}
