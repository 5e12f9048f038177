import { fieldsAt, isRecord } from '../../kubernetes/record.ts';
import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { normalise } from '../../toolhive/names.ts';
import { STRATEGY, type Struct } from '../../toolhive/vmcpConfig/shape.ts';
import { STRATEGIES } from '../../toolhive/vmcpConfig/strategies.ts';
import { YamlMap, type YamlValue } from '../../yaml/values.ts';
import type { ChosenName, Wish } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';
import { type AuthServer, defaultProvider, providerRefusal } from './authServer.ts';

/** A secret that a strategy takes from the environment. The purpose of its variable is the MCPExternalAuthConfig. */
export interface StrategySecret extends Wish {
  readonly ref: SecretKeyRef;
  /** The field of the strategy that names the variable. */
  readonly field: string;
  /**
   * True when the VirtualMCPServer itself names the config: its Secrets are the vMCP's own concern, and a missing one stops
   * it, as ToolHive means it.
   */
  readonly required: boolean;
}

/** How a backend of the vMCP is called. */
export interface BackendAuth {
  /** The MCPExternalAuthConfig that decides it. */
  readonly config?: string | undefined;
  readonly secrets: readonly StrategySecret[];
  /** As config.yaml has it, with the names that ToolHive would give the variables; undefined for the vMCP's default. */
  readonly strategy: YamlMap | undefined;
}

export const UNAUTHENTICATED = new YamlMap([['type', 'unauthenticated']]);

type Block = Readonly<Record<string, unknown>>;

/** What a type of MCPExternalAuthConfig becomes. */
interface Conversion {
  /** `type` of the strategy, whose block has the same key and fields. */
  readonly strategy: string;
  /** Fields of the block that ToolHive asks for beside what the vMCP does. */
  readonly required?: readonly string[];
}

/** By type. Source: toolhive's converter registry, `pkg/vmcp/auth/converters`. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  unauthenticated: { strategy: 'unauthenticated' },
  tokenExchange: { strategy: 'token_exchange' },
  headerInjection: { strategy: 'header_injection', required: ['valueSecretRef'] },
  upstreamInject: { strategy: 'upstream_inject', required: ['providerName'] },
  awsSts: { strategy: 'aws_sts' },
  xaa: { strategy: 'xaa' },
};

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const SHORT_TOKEN_TYPES: readonly unknown[] = ['access_token', 'id_token', 'jwt'];

/** The secrets of the block. A config can hold blocks of other types, too. */
function secretsOf(config: McpExternalAuthConfig, required: boolean): readonly StrategySecret[] {
  const purpose = config.metadata.name;
  const suffix = normalise(purpose);
  return authSecrets(config)
    .filter(({ field }) => field.startsWith(`spec.${config.type}.`))
    .map(({ variable, prefix, ref }) => ({ field: variable, name: prefix + suffix, purpose, ref, required }));
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
  block: Block,
  { strategy, required = [] }: Conversion,
  secrets: readonly StrategySecret[],
): string | undefined {
  const missing = [...(STRATEGIES[strategy]?.required ?? []), ...required].find((field) => !block[field]);
  if (missing) return `has no spec.${type}.${missing}`;
  const idToken = `${TOKEN_TYPE}id_token`;
  if (type === 'xaa' && block.subjectTokenType && block.subjectTokenType !== idToken)
    return `must have the subjectTokenType ${idToken} or none`;
  if (!secrets.every(({ ref }) => isUsableSecretRef(ref)))
    return 'has a Secret reference without a usable name and key';
  return undefined;
}

/** The value of a field of the strategy that is not a secret's. */
function fieldValue(field: string, block: Block, provider: string | undefined): YamlValue | undefined {
  const value = block[field];
  if (field === 'subjectProviderName') return copied(value) ?? provider;
  if (field === 'subjectTokenType' && SHORT_TOKEN_TYPES.includes(value)) return `${TOKEN_TYPE}${value}`;
  return copied(value);
}

/** The block of the strategy: the fields of the vMCP's own type, with the variables that ToolHive would give the secrets. */
function strategyBlock(
  type: string,
  block: Block,
  secrets: readonly StrategySecret[],
  provider: string | undefined,
): YamlMap {
  const { fields } = STRATEGY.fields[type] as Struct;
  const variables = new Map(secrets.map((secret) => [secret.field, secret.name]));
  return new YamlMap(
    Object.keys(fields).map((field) => [field, variables.get(field) ?? fieldValue(field, block, provider)]),
  );
}

/**
 * Converts an MCPExternalAuthConfig into a strategy of the vMCP, as ToolHive's converters do. Refuses what ToolHive cannot
 * convert, and what the vMCP would refuse.
 * @param required whether the VirtualMCPServer itself names the config
 */
export function convertAuth(
  config: McpExternalAuthConfig,
  server: AuthServer | undefined,
  required: boolean,
): BackendAuth | Refusal {
  const { name } = config.metadata;
  const { type = '' } = config;
  const user = `MCPExternalAuthConfig "${name}"`;
  const conversion = Object.hasOwn(CONVERSIONS, type) ? CONVERSIONS[type] : undefined;
  if (!conversion) {
    const message = `${user} is of type "${type}", which a vMCP cannot use towards a backend; allowed are ${Object.keys(CONVERSIONS).join(', ')}`;
    return { reason: 'auth-type-unsupported', message };
  }
  if (type === 'unauthenticated') return { config: name, secrets: [], strategy: UNAUTHENTICATED };
  const { strategy } = conversion;
  const block = fieldsAt(config, type);
  const secrets = secretsOf(config, required);
  const problem = block ? blockProblem(type, block, conversion, secrets) : `has no spec.${type}`;
  if (!block || problem)
    return { reason: 'auth-config-incomplete', message: `${user} of type "${type}" ${problem}` };
  const refusal = providerRefusal(user, { type: strategy, [type]: block }, server);
  if (refusal) return refusal;
  const written = new YamlMap([
    ['type', strategy],
    [type, strategyBlock(type, block, secrets, defaultProvider(server))],
  ]);
  return { config: name, secrets, strategy: written };
}

/** The strategy with the variables that were chosen for its secrets. */
export function withVariables({ strategy, secrets }: BackendAuth, nameOf: ChosenName): YamlMap | undefined {
  if (strategy === undefined || secrets.length === 0) return strategy;
  const chosen = new Map(secrets.map((secret) => [secret.field, nameOf(secret)]));
  const renamed = (block: YamlMap) =>
    new YamlMap(block.pairs.map(([field, value]) => [field, chosen.get(field) ?? value]));
  return new YamlMap(
    strategy.pairs.map(([key, value]) => [key, value instanceof YamlMap ? renamed(value) : value]),
  );
}
