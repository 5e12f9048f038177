import type { BaseConfig } from './baseConfig.ts';

/** Every text of the data that could be the name of a variable which ToolHive names. */
function variablesIn(data: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof data === 'string' && data.startsWith('TOOLHIVE_')) found.add(data);
  else if (typeof data === 'object' && data !== null)
    for (const value of Object.values(data)) variablesIn(value, found);
  return found;
}

/**
 * The variables that a base config written by the owner of the vMCP reads. Strategies that do not stay count, too:
 * injection must not set a variable that would make one of them usable in a later pass.
 */
export function readByOwner({ data }: BaseConfig): ReadonlySet<string> {
  return variablesIn(data);
}

/**
 * The variables that what stays of the operator's base config reads. Injection writes its backends and their strategies.
 * @param defaultStays whether `outgoingAuth.default` stays as it is
 */
export function readByOperator({ data }: BaseConfig, defaultStays: boolean): ReadonlySet<string> {
  const { backends: _, outgoingAuth, ...others } = data;
  const { default: strategy } = outgoingAuth as { readonly default?: unknown };
  return variablesIn([others, defaultStays && strategy]);
}
