import { fieldsAt, isRecord } from '../../kubernetes/record.ts';
import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { normalise } from '../../toolhive/names.ts';
import { STRATEGY } from '../../toolhive/vmcpConfig/shape.ts';
import { STRATEGIES } from '../../toolhive/vmcpConfig/strategies.ts';
import { YamlMap, type YamlValue } from '../../yaml/values.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';
import { type AuthServer, defaultProvider, providerRefusal } from './authServer.ts';

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
  readonly type: ConvertedType;
  /** `spec` of the auth config at the key of its type. */
  readonly block: Block;
  readonly secrets: readonly StrategySecret[];
  /** The provider that it takes when it names none. */
  readonly provider: string | undefined;
}

/**
 * The types of MCPExternalAuthConfig that become a strategy, whose block has the same key and fields, each with what ToolHive
 * asks of the block beside what the vMCP does. Source: toolhive's converter registry, `pkg/vmcp/auth/converters`.
 */
const CONVERTED = {
  unauthenticated: [],
  tokenExchange: [],
  headerInjection: ['valueSecretRef'],
  upstreamInject: ['providerName'],
  awsSts: [],
  xaa: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type ConvertedType = keyof typeof CONVERTED;

function isConverted(type: string): type is ConvertedType {
  return Object.hasOwn(CONVERTED, type);
}

/** Fields of strategies that name a variable, each with the Secret reference of the block. */
const SECRET_FIELDS: Readonly<Record<string, string>> = {
  clientSecretEnv: 'clientSecretRef',
  headerValueEnv: 'valueSecretRef',
  idpClientSecretEnv: 'idpClientSecretRef',
  targetClientSecretEnv: 'targetClientSecretRef',
};

/** `type` of the strategy, and what the vMCP asks of its block. */
function ruleOf(type: ConvertedType): { readonly name: string; readonly required: readonly string[] } {
  const [name = type, rule] = Object.entries(STRATEGIES).find(([, { block }]) => block === type) ?? [];
  return { name, required: rule?.required ?? [] };
}

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const SHORT_TOKEN_TYPES: readonly unknown[] = ['access_token', 'id_token', 'jwt'];

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
  type: ConvertedType,
  block: Block,
  secrets: readonly StrategySecret[],
): string | undefined {
  const missing = [...ruleOf(type).required, ...CONVERTED[type]].find((field) => !block[field]);
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
  const { config, block, secrets, provider } = strategy;
  const secret = secrets.find((each) => each.field === SECRET_FIELDS[field]);
  if (secret) return nameOf({ name: secret.env, purpose: config });
  const value = block[field];
  if (field === 'subjectProviderName') return copied(value) ?? provider;
  if (field === 'subjectTokenType' && SHORT_TOKEN_TYPES.includes(value)) return `${TOKEN_TYPE}${value}`;
  return copied(value);
}

/** The strategy as config.yaml has it, with the variables that were chosen for it. */
export function renderStrategy(strategy: Strategy, nameOf: ChosenName): YamlMap {
  const { type } = strategy;
  const shape = STRATEGY.fields[type];
  const fields = typeof shape === 'object' && 'fields' in shape ? Object.keys(shape.fields) : undefined;
  return new YamlMap([
    ['type', ruleOf(type).name],
    [type, fields && new YamlMap(fields.map((field) => [field, fieldValue(field, strategy, nameOf)]))],
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
  if (!isConverted(type))
    return {
      reason: 'auth-type-unsupported',
      message: `${user} is of type "${type}", which a vMCP cannot use towards a backend; allowed are ${Object.keys(CONVERTED).join(', ')}`,
    };
  const block: Block | undefined = type === 'unauthenticated' ? {} : fieldsAt(config, type);
  const secrets = secretsOf(config, type);
  const problem = block ? blockProblem(type, block, secrets) : `has no spec.${type}`;
  if (!block || problem)
    return { reason: 'auth-config-incomplete', message: `${user} of type "${type}" ${problem}` };
  const refusal = providerRefusal(user, { type: ruleOf(type).name, [type]: block }, server);
  return refusal ?? { config: name, type, block, secrets, provider: defaultProvider(server) };
}
