import { createHash } from 'node:crypto';
import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { compare } from '../contract.ts';
import type { Strategy } from './converters.ts';

/**
 * What stands for a secret until the kubelet finds the Secret: not empty, since the vMCP's loader ends the process when
 * the variable of a strategy is; and a text that explains itself in the log of the server that gets it.
 */
export const SECRET_PLACEHOLDER = 'vmcp-admission-the-secret-is-missing';

/** A variable that the Pod needs for a strategy. */
export interface AuthVariable {
  readonly name: string;
  readonly ref: SecretKeyRef;
  readonly required: boolean;
}

/** A strategy that is used, and whether the VirtualMCPServer itself names its config. */
export interface UsedStrategy {
  readonly strategy: Strategy;
  readonly required: boolean;
}

/** A hash suffix long enough that nobody finds another name with the same one. */
export function hashSuffix(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16).toUpperCase();
}

/**
 * Chooses the variables of strategies. Each gets the name that ToolHive would give it, unless two configs would share
 * it (gap N6) or the base config already uses it for something else: then a hash of the config's name is appended.
 * @param reserved names that the base config uses, each with the auth config that it is for, if that is known
 */
export function chooseAuthVariables(
  used: readonly UsedStrategy[],
  reserved: ReadonlyMap<string, string | undefined>,
): {
  readonly variables: readonly AuthVariable[];
  readonly nameOf: (config: string) => (operatorName: string) => string;
} {
  const configsOf = new Map<string, Set<string>>();
  for (const { strategy } of used)
    for (const { env } of strategy.secrets) {
      const configs = configsOf.get(env) ?? new Set();
      configsOf.set(env, configs.add(strategy.config));
    }
  const nameOf = (config: string) => (operatorName: string) => {
    const isReserved = reserved.has(operatorName);
    const plain = isReserved
      ? reserved.get(operatorName) === config
      : (configsOf.get(operatorName)?.size ?? 0) <= 1;
    return plain ? operatorName : `${operatorName}_${hashSuffix(config)}`;
  };
  const variables = new Map<string, AuthVariable>();
  for (const { strategy, required } of used)
    for (const { env, ref } of strategy.secrets) {
      const name = nameOf(strategy.config)(env);
      // A config that the VirtualMCPServer names too stays required, whoever else uses it.
      variables.set(name, { name, ref, required: required || (variables.get(name)?.required ?? false) });
    }
  return { variables: [...variables.values()].sort((a, b) => compare(a.name, b.name)), nameOf };
}
