import { isRecord } from '../../kubernetes/record.ts';
import { STRATEGY } from './shape.ts';
import { type ConfigProblem, textOf, typeProblems } from './typeProblems.ts';

/** Whether a variable will have a value that is not empty, as far as the Pod tells. */
export type HasVariable = (name: string) => boolean;

interface StrategyRule {
  /** The block that the type needs; its key is the type of the MCPExternalAuthConfig. */
  readonly block?: string;
  /** Fields of the block that must not be empty. */
  readonly required?: readonly string[];
  /** Fields of the block that name a variable which must have a value when the vMCP starts. */
  readonly loaded?: readonly string[];
}

/** By type. The vMCP reads the variables of xaa per request, and takes an upstream without a name for "default". */
export const STRATEGIES: Readonly<Record<string, StrategyRule>> = {
  unauthenticated: {},
  header_injection: { block: 'headerInjection', required: ['headerName'], loaded: ['headerValueEnv'] },
  token_exchange: { block: 'tokenExchange', required: ['tokenUrl'], loaded: ['clientSecretEnv'] },
  upstream_inject: { block: 'upstreamInject' },
  aws_sts: { block: 'awsSts', required: ['region'] },
  obo: { block: 'obo', required: ['tokenUrl'] },
  xaa: { block: 'xaa', required: ['idpTokenUrl', 'targetTokenUrl', 'targetAudience'] },
};
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

type Fields = Readonly<Record<string, unknown>>;

/** What fields of one block exclude each other or must have a certain value. Source: `validateBackendAuthStrategy`. */
function combinationProblems(type: string, block: Fields, at: string): ConfigProblem[] {
  const has = (field: string) => Boolean(textOf(block[field]));
  if (type === 'header_injection' && has('headerValue') === has('headerValueEnv'))
    return [
      { path: `${at}.headerValue`, message: 'exactly one of headerValue and headerValueEnv must be set' },
    ];
  // The loader copies the variable's value into clientSecret, and the validator then finds both.
  if (type === 'obo' && has('clientSecretEnv'))
    return [{ path: `${at}.clientSecretEnv`, message: 'ends the vMCP, with or without its variable' }];
  if (type === 'xaa' && has('subjectTokenType') && textOf(block.subjectTokenType) !== ID_TOKEN)
    return [{ path: `${at}.subjectTokenType`, message: `must be ${ID_TOKEN}` }];
  return [];
}

function blockProblems(type: string, rule: StrategyRule, block: Fields, at: string, has: HasVariable) {
  const problems: ConfigProblem[] = [];
  for (const field of rule.required ?? [])
    if (!textOf(block[field])) problems.push({ path: `${at}.${field}`, message: 'must not be empty' });
  for (const field of rule.loaded ?? []) {
    const name = textOf(block[field]);
    const message = `names the environment variable ${name}, which the container does not set`;
    if (name && !has(name)) problems.push({ path: `${at}.${field}`, message });
  }
  return [...problems, ...combinationProblems(type, block, at)];
}

/** One strategy of `outgoingAuth`: its type, its block, required fields, and variables that must not be empty at load. */
export function strategyProblems(strategy: unknown, path: string, has: HasVariable): ConfigProblem[] {
  if (!isRecord(strategy)) return [{ path, message: 'must be a mapping: a null strategy ends the vMCP' }];
  const problems = typeProblems(strategy, STRATEGY, path);
  if (problems.length > 0) return problems;
  const type = textOf(strategy.type) ?? '';
  const rule = Object.hasOwn(STRATEGIES, type) ? STRATEGIES[type] : undefined;
  if (!rule)
    return [{ path: `${path}.type`, message: `must be one of ${Object.keys(STRATEGIES).join(', ')}` }];
  if (!rule.block) return [];
  const block = strategy[rule.block];
  const at = `${path}.${rule.block}`;
  if (!isRecord(block)) return [{ path: at, message: `is required for type "${type}"` }];
  return blockProblems(type, rule, block, at, has);
}
