import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { compare, SECRET_PLACEHOLDER } from '../contract.ts';
import { itemsOf, optionalSecret, type WantedVariables } from '../pod/editor.ts';
import type { EnvVar } from '../pod/pod.ts';
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

/**
 * The items that the variables of strategies shall have. One that the VirtualMCPServer stands for is the operator's own and
 * stays as it is when it is there. One of a backend is written twice: a placeholder, then the optional reference, so that
 * the vMCP starts without the Secret.
 */
export function wantedAuthVariables(
  env: readonly EnvVar[],
  variables: readonly AuthVariable[],
): WantedVariables {
  const present = itemsOf(env, new Set(variables.map(({ name }) => name)));
  const wanted = new Map<string, readonly EnvVar[]>();
  for (const { name, ref, required } of variables) {
    const items = present.get(name) ?? [];
    const own = items.length === 1 ? items[0]?.valueFrom?.secretKeyRef : undefined;
    if (!required) wanted.set(name, [{ name, value: SECRET_PLACEHOLDER }, optionalSecret(name, ref)]);
    else if (own?.name === ref.name && own.key === ref.key) wanted.set(name, items);
    else wanted.set(name, [{ name, valueFrom: { secretKeyRef: { name: ref.name, key: ref.key } } }]);
  }
  return wanted;
}
