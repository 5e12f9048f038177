import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import type { McpExternalAuthConfig, TokenExchangeBlock, XaaBlock } from '../../toolhive/authConfig.ts';
import { AUTH_VARIABLES, normalise } from '../../toolhive/names.ts';
import { YamlMap, type YamlValue } from '../config/render.ts';

/** A secret that a strategy takes from the environment. */
export interface StrategySecret {
  /** The variable that ToolHive gives it; another config can give the same (gap N6). */
  readonly env: string;
  readonly ref: SecretKeyRef;
}

const SHORT_TOKEN_TYPES = new Set(['access_token', 'id_token', 'jwt']);

function texts(values: readonly string[]): readonly string[] | undefined {
  return values.length > 0 ? values : undefined;
}

function variable(prefix: string, config: string, ref: SecretKeyRef | undefined): StrategySecret | undefined {
  return ref && { env: prefix + normalise(config), ref };
}

/** A strategy of the vMCP before the names of its variables are chosen. */
export interface Built {
  readonly type: string;
  readonly block?: readonly [key: string, render: (env: (name: string) => string) => YamlMap];
  readonly secrets?: readonly (StrategySecret | undefined)[];
  /** Required by the vMCP's validator, by the name of the field in the CRD. */
  readonly required?: Readonly<Record<string, string | undefined>>;
}

function tokenExchange(name: string, block: TokenExchangeBlock, provider: string | undefined): Built {
  const secret = variable(AUTH_VARIABLES.tokenExchangeClientSecret, name, block.clientSecretRef);
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
  const idp = variable(AUTH_VARIABLES.xaaIdpClientSecret, name, block.idpClientSecretRef);
  const target = variable(AUTH_VARIABLES.xaaTargetClientSecret, name, block.targetClientSecretRef);
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

/**
 * The strategy of a config by its type, from the block of the same name; undefined when there is none.
 * @param provider the subject provider where the config names none. Source: ToolHive's converters.
 */
export function buildStrategy(
  config: McpExternalAuthConfig,
  provider: string | undefined,
): Built | undefined {
  const { name } = config.metadata;
  switch (config.type) {
    case 'unauthenticated':
      return { type: 'unauthenticated' };
    case 'tokenExchange':
      return config.tokenExchange && tokenExchange(name, config.tokenExchange, provider);
    case 'headerInjection': {
      const block = config.headerInjection;
      const secret = variable(AUTH_VARIABLES.headerInjectionValue, name, block?.valueSecretRef);
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
