import { isRecord } from '../../kubernetes/record.ts';
import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { normalise } from '../../toolhive/names.ts';
import { YamlMap, type YamlValue } from '../../yaml/values.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';
import { type AuthServer, defaultProvider, providerFailure } from './authServer.ts';

/** A secret that a strategy takes from the environment. */
export interface StrategySecret {
  /** Its field in the block of the auth config. */
  readonly field: string;
  /** The variable that ToolHive gives it. Configs of other names can have the same. */
  readonly env: string;
  readonly ref: SecretKeyRef;
}

type Block = Readonly<Record<string, unknown>>;

/** What one `BackendAuthStrategy` of the vMCP is made from. The names of its variables are chosen per Pod. */
export interface Strategy {
  /** The name of the MCPExternalAuthConfig. */
  readonly config: string;
  readonly type: string;
  readonly converter: Converter;
  /** `spec` of the auth config at the key of its type. */
  readonly block: Block;
  readonly secrets: readonly StrategySecret[];
  /** The provider that it takes when it names none. */
  readonly provider: string | undefined;
}

/** How an MCPExternalAuthConfig of one type becomes a strategy. Its block has the same key in both. */
interface Converter {
  /** `type` of the strategy. */
  readonly strategy: string;
  /** Fields of the block, in the order of the strategy. They are copied unless {@link Converter.secrets} has them. */
  readonly fields?: readonly string[];
  /** Fields of the block without which the vMCP refuses the strategy. */
  readonly required?: readonly string[];
  /** Fields of the strategy that name a variable, each with the Secret reference of the block. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Source: toolhive's converter registry, `pkg/vmcp/auth/converters`, and the vMCP's config validator. */
const CONVERTERS: Readonly<Record<string, Converter>> = {
  unauthenticated: { strategy: 'unauthenticated' },
  tokenExchange: {
    strategy: 'token_exchange',
    fields: [
      'tokenUrl',
      'clientId',
      'clientSecretEnv',
      'audience',
      'scopes',
      'subjectTokenType',
      'subjectProviderName',
    ],
    required: ['tokenUrl'],
    secrets: { clientSecretEnv: 'clientSecretRef' },
  },
  headerInjection: {
    strategy: 'header_injection',
    fields: ['headerName', 'headerValueEnv'],
    required: ['headerName', 'valueSecretRef'],
    secrets: { headerValueEnv: 'valueSecretRef' },
  },
  upstreamInject: { strategy: 'upstream_inject', fields: ['providerName'], required: ['providerName'] },
  awsSts: {
    strategy: 'aws_sts',
    fields: [
      'region',
      'service',
      'fallbackRoleArn',
      'roleMappings',
      'roleClaim',
      'sessionDuration',
      'sessionNameClaim',
      'subjectProviderName',
    ],
    required: ['region'],
  },
  xaa: {
    strategy: 'xaa',
    fields: [
      'idpTokenUrl',
      'idpClientId',
      'idpClientSecretEnv',
      'targetTokenUrl',
      'insecureTargetTokenUrl',
      'targetClientId',
      'targetClientSecretEnv',
      'targetAudience',
      'targetResource',
      'scopes',
      'subjectProviderName',
      'subjectTokenType',
    ],
    required: ['idpTokenUrl', 'targetTokenUrl', 'targetAudience'],
    secrets: { idpClientSecretEnv: 'idpClientSecretRef', targetClientSecretEnv: 'targetClientSecretRef' },
  },
};

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const SHORT_TOKEN_TYPES: readonly unknown[] = ['access_token', 'id_token', 'jwt'];

function blockOf(config: McpExternalAuthConfig, type: string): Block | undefined {
  const { tokenExchange, headerInjection, upstreamInject, awsSts, xaa } = config;
  const blocks: Block = { unauthenticated: {}, tokenExchange, headerInjection, upstreamInject, awsSts, xaa };
  const block = blocks[type];
  return isRecord(block) ? block : undefined;
}

/** The secrets of the block. A config can hold blocks of other types, too. */
function secretsOf(config: McpExternalAuthConfig, type: string): readonly StrategySecret[] {
  const block = `spec.${type}.`;
  return authSecrets(config)
    .filter(({ field }) => field.startsWith(block))
    .map(({ field, prefix, ref }) => ({
      field: field.slice(block.length),
      env: prefix + normalise(config.metadata.name),
      ref,
    }));
}

/** A value of the block as the strategy has it; undefined for what ToolHive leaves out: empty values and `false`. */
function copied(value: unknown): YamlValue | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || typeof value === 'boolean') return value || undefined;
  if (isRecord(value)) return new YamlMap(Object.entries(value).map(([key, item]) => [key, copied(item)]));
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map(copied).filter((item) => item !== undefined);
}

/** What is wrong with the block of a config; undefined when a strategy can be made from it. */
function blockProblem(
  type: string,
  { required = [] }: Converter,
  block: Block,
  secrets: readonly StrategySecret[],
): string | undefined {
  const missing = required.find((field) => !block[field]);
  if (missing) return `has no spec.${type}.${missing}`;
  const idToken = `${TOKEN_TYPE}id_token`;
  if (type === 'xaa' && block.subjectTokenType && block.subjectTokenType !== idToken)
    return `must have the subjectTokenType ${idToken} or none`;
  if (!secrets.every(({ ref }) => isUsableSecretRef(ref)))
    return 'has a Secret reference without a usable name and key';
  return undefined;
}

/** The value of one field of a strategy. */
function fieldValue(field: string, strategy: Strategy, nameOf: ChosenName): YamlValue | undefined {
  const { config, converter, block, secrets, provider } = strategy;
  const reference = converter.secrets?.[field];
  if (reference !== undefined) {
    const secret = secrets.find((each) => each.field === reference);
    return secret && nameOf(secret.env, config);
  }
  const value = block[field];
  if (field === 'subjectProviderName') return copied(value) ?? provider;
  if (field === 'subjectTokenType' && SHORT_TOKEN_TYPES.includes(value)) return `${TOKEN_TYPE}${value}`;
  return copied(value);
}

/** The strategy as config.yaml has it, with the variables that were chosen for it. */
export function renderStrategy(strategy: Strategy, nameOf: ChosenName): YamlMap {
  const { type, converter } = strategy;
  const fields = converter.fields?.map((field) => [field, fieldValue(field, strategy, nameOf)] as const);
  return new YamlMap([
    ['type', converter.strategy],
    [type, fields && new YamlMap(fields)],
  ]);
}

/**
 * Why the controller of a config marked it invalid; undefined when it did not. ToolHive checks this for a workload's own
 * reference alone, not for configs that a VirtualMCPServer names. Source: `buildOutgoingAuthConfig` of toolhive.
 */
export function markedInvalid({ metadata, valid }: McpExternalAuthConfig): Refusal | undefined {
  if (valid?.status !== 'False') return undefined;
  return {
    reason: 'auth-config-invalid',
    message: `MCPExternalAuthConfig "${metadata.name}" is marked invalid by its controller (${valid.reason || 'no reason given'}); see its status`,
  };
}

/**
 * Converts an MCPExternalAuthConfig into a strategy of the vMCP, as ToolHive's converters do. Refuses what ToolHive cannot
 * convert, and what the vMCP would refuse.
 */
export function convertAuth(
  config: McpExternalAuthConfig,
  server: AuthServer | undefined,
): Strategy | Refusal {
  const { name } = config.metadata;
  const type = config.type ?? '';
  const user = `MCPExternalAuthConfig "${name}"`;
  const converter = Object.hasOwn(CONVERTERS, type) ? CONVERTERS[type] : undefined;
  if (!converter)
    return {
      reason: 'auth-type-unsupported',
      message: `${user} is of type "${type}", which a vMCP cannot use towards a backend; allowed are ${Object.keys(CONVERTERS).join(', ')}`,
    };
  const block = blockOf(config, type);
  const secrets = secretsOf(config, type);
  const problem = block ? blockProblem(type, converter, block, secrets) : `has no spec.${type}`;
  if (!block || problem)
    return { reason: 'auth-config-incomplete', message: `${user} of type "${type}" ${problem}` };
  const provider = String(block.providerName ?? block.subjectProviderName ?? '');
  const refusal = providerFailure({ user, type: converter.strategy, provider }, server);
  return refusal ?? { config: name, type, converter, block, secrets, provider: defaultProvider(server) };
}
