import { isRecord } from '../../kubernetes/record.ts';
import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { normalise } from '../../toolhive/names.ts';
import { YamlMap, type YamlValue } from '../../yaml/values.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import type { ExclusionReason } from '../report/reasons.ts';
import { type AuthServer, defaultProvider, providerFailure } from './authServer.ts';

export interface AuthFailure {
  readonly reason: ExclusionReason;
  readonly message: string;
}

/** A secret that a strategy takes from the environment. */
export interface StrategySecret {
  /** The variable that ToolHive gives it. Configs of other names can have the same. */
  readonly env: string;
  readonly ref: SecretKeyRef;
}

/** One `BackendAuthStrategy` of the vMCP, without the names of its variables: those are chosen per Pod. */
export interface Strategy {
  /** The name of the MCPExternalAuthConfig. */
  readonly config: string;
  readonly secrets: readonly StrategySecret[];
  /** The strategy as config.yaml has it, `env` giving the variable that stands for ToolHive's. */
  render(env: (operatorName: string) => string): YamlMap;
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

type Block = Readonly<Record<string, unknown>>;

function blockOf(config: McpExternalAuthConfig, type: string): Block | undefined {
  const { tokenExchange, headerInjection, upstreamInject, awsSts, xaa } = config;
  const blocks: Block = { unauthenticated: {}, tokenExchange, headerInjection, upstreamInject, awsSts, xaa };
  const block = blocks[type];
  return isRecord(block) ? block : undefined;
}

/** The secrets of the block by their fields. A config can hold blocks of other types, too. */
function secretsOf(config: McpExternalAuthConfig, type: string): ReadonlyMap<string, StrategySecret> {
  const prefix = `spec.${type}.`;
  return new Map(
    authSecrets(config)
      .filter(({ field }) => field.startsWith(prefix))
      .map((secret) => [
        secret.field.slice(prefix.length),
        { env: secret.prefix + normalise(config.metadata.name), ref: secret.ref },
      ]),
  );
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
  secrets: Iterable<StrategySecret>,
): string | undefined {
  const missing = required.find((field) => !block[field]);
  if (missing) return `has no spec.${type}.${missing}`;
  const idToken = `${TOKEN_TYPE}id_token`;
  if (type === 'xaa' && block.subjectTokenType && block.subjectTokenType !== idToken)
    return `must have the subjectTokenType ${idToken} or none`;
  if (![...secrets].every(({ ref }) => isUsableSecretRef(ref)))
    return 'has a Secret reference without a usable name and key';
  return undefined;
}

/** The inputs of a strategy. */
interface Source {
  readonly type: string;
  readonly converter: Converter;
  readonly block: Block;
  readonly secrets: ReadonlyMap<string, StrategySecret>;
  readonly server: AuthServer | undefined;
}

/** The value of one field of a strategy. */
function fieldValue(
  field: string,
  { converter, block, secrets, server }: Source,
  env: (operatorName: string) => string,
): YamlValue | undefined {
  const reference = converter.secrets?.[field];
  if (reference !== undefined) {
    const secret = secrets.get(reference);
    return secret && env(secret.env);
  }
  const value = block[field];
  if (field === 'subjectProviderName') return copied(value) ?? defaultProvider(server);
  if (field === 'subjectTokenType' && SHORT_TOKEN_TYPES.includes(value)) return `${TOKEN_TYPE}${value}`;
  return copied(value);
}

function render(source: Source, env: (operatorName: string) => string): YamlMap {
  const { type, converter } = source;
  const { strategy, fields } = converter;
  return new YamlMap([
    ['type', strategy],
    [type, fields && new YamlMap(fields.map((field) => [field, fieldValue(field, source, env)]))],
  ]);
}

/**
 * Why the controller of a config marked it invalid; undefined when it did not. ToolHive checks this for a workload's own
 * reference alone, not for configs that a VirtualMCPServer names. Source: `buildOutgoingAuthConfig` of toolhive.
 */
export function markedInvalid({ metadata, valid }: McpExternalAuthConfig): AuthFailure | undefined {
  if (valid?.status !== 'False') return undefined;
  return {
    reason: 'auth-config-invalid',
    message: `MCPExternalAuthConfig "${metadata.name}" is marked invalid by its controller (${valid.reason || 'no reason given'}); see its status`,
  };
}

export type Converted =
  | { readonly ok: true; readonly strategy: Strategy }
  | ({ readonly ok: false } & AuthFailure);

function failed(reason: ExclusionReason, message: string): Converted {
  return { ok: false, reason, message };
}

/**
 * Converts an MCPExternalAuthConfig into a strategy of the vMCP, as ToolHive's converters do. Fails for what ToolHive cannot
 * convert, and for what the vMCP would refuse.
 */
export function convertAuth(config: McpExternalAuthConfig, server: AuthServer | undefined): Converted {
  const { name } = config.metadata;
  const type = config.type ?? '';
  const user = `MCPExternalAuthConfig "${name}"`;
  const converter = Object.hasOwn(CONVERTERS, type) ? CONVERTERS[type] : undefined;
  if (!converter)
    return failed(
      'auth-type-unsupported',
      `${user} is of type "${type}", which a vMCP cannot use towards a backend; allowed are ${Object.keys(CONVERTERS).join(', ')}`,
    );
  const ofType = `${user} of type "${type}"`;
  const block = blockOf(config, type);
  if (!block) return failed('auth-config-incomplete', `${ofType} has no spec.${type}`);
  const secrets = secretsOf(config, type);
  const problem = blockProblem(type, converter, block, secrets.values());
  if (problem) return failed('auth-config-incomplete', `${ofType} ${problem}`);
  const provider = String(block.providerName ?? block.subjectProviderName ?? '');
  const failure = providerFailure({ user, type: converter.strategy, provider }, server);
  if (failure) return { ok: false, ...failure };
  const source = { type, converter, block, secrets, server };
  return {
    ok: true,
    strategy: { config: name, secrets: [...secrets.values()], render: (env) => render(source, env) },
  };
}

/** The strategy with the variables that were chosen for it. */
export function renderStrategy(strategy: Strategy, nameOf: ChosenName): YamlMap {
  return strategy.render((name) => nameOf(name, strategy.config));
}
