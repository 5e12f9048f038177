import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { compare } from '../contract.ts';
import { type ChosenName, chooseNames, type NamesInUse } from '../pod/variableNames.ts';
import type { Strategy } from './converters.ts';

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

/** Chooses the variables of the strategies that are used. The purpose of each is the auth config. */
export function chooseAuthVariables(
  used: readonly UsedStrategy[],
  inUse: NamesInUse,
): { readonly variables: readonly AuthVariable[]; readonly nameOf: ChosenName } {
  const wishes = used.flatMap(({ strategy }) =>
    strategy.secrets.map(({ env }) => ({ name: env, purpose: strategy.config })),
  );
  const nameOf = chooseNames(wishes, inUse);
  const variables = new Map<string, AuthVariable>();
  for (const { strategy, required } of used)
    for (const { env, ref } of strategy.secrets) {
      const name = nameOf(env, strategy.config);
      // A config that the VirtualMCPServer names too stays required, whoever else uses it.
      variables.set(name, { name, ref, required: required || (variables.get(name)?.required ?? false) });
    }
  return { variables: [...variables.values()].sort((a, b) => compare(a.name, b.name)), nameOf };
}
