import { isDeepStrictEqual } from 'node:util';
import type { AuthVariable } from './authEnv.ts';
import { SECRET_PLACEHOLDER } from './authEnv.ts';
import type { EnvVar } from './pod.ts';

/**
 * The variables with exactly `items` under the name: in the place of the first one of that name, else at the end. Others of
 * that name go, since the kubelet falls back to an earlier one when an optional Secret is missing.
 */
export function setVariable(
  env: readonly EnvVar[],
  name: string,
  items: readonly EnvVar[],
): readonly EnvVar[] {
  const present = env.filter((item) => item.name === name);
  if (isDeepStrictEqual(present, items)) return env;
  const first = env.findIndex((item) => item.name === name);
  if (first < 0) return [...env, ...items];
  return [...env.slice(0, first), ...items, ...env.slice(first).filter((item) => item.name !== name)];
}

/** A variable from a Secret that may be missing. */
export function optionalSecret(name: string, ref: { readonly name: string; readonly key: string }): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: ref.name, key: ref.key, optional: true } } };
}

/** A variable of the Pod, made optional when it comes from a Secret; the same object when nothing changes. */
export function relaxed(item: EnvVar): EnvVar {
  const ref = item.valueFrom?.secretKeyRef;
  if (!ref || ref.optional === true) return item;
  return { ...item, valueFrom: { ...item.valueFrom, secretKeyRef: { ...ref, optional: true } } };
}

/**
 * Puts the variables of strategies into the container. One that the VirtualMCPServer stands for is the operator's own and
 * stays as it is when it is there. One of a backend is written twice: a placeholder, then the optional reference, so
 * that the vMCP starts without the Secret.
 */
export function withAuthVariables(
  env: readonly EnvVar[],
  variables: readonly AuthVariable[],
): readonly EnvVar[] {
  let result = env;
  for (const { name, ref, required } of variables) {
    if (!required) {
      result = setVariable(result, name, [{ name, value: SECRET_PLACEHOLDER }, optionalSecret(name, ref)]);
      continue;
    }
    const present = result.filter((item) => item.name === name);
    const [only] = present;
    const own = only?.valueFrom?.secretKeyRef;
    if (present.length === 1 && own?.name === ref.name && own.key === ref.key) continue;
    result = setVariable(result, name, [
      { name, valueFrom: { secretKeyRef: { name: ref.name, key: ref.key } } },
    ]);
  }
  return result;
}
