import { isDeepStrictEqual } from 'node:util';
import { HEADER_MANIFEST } from '../../toolhive/names.ts';
import type { AuthVariable } from '../auth/variables.ts';
import { SECRET_PLACEHOLDER } from '../contract.ts';
import type { EnvVar } from './pod.ts';

/** Variables by name: all items that the name shall have, in order. */
export type WantedVariables = ReadonlyMap<string, readonly EnvVar[]>;

/** The items of each of the names, in order; the others are passed by. */
export function itemsOf(
  env: readonly EnvVar[],
  names: { has(name: string): boolean },
): ReadonlyMap<string, readonly EnvVar[]> {
  const items = new Map<string, EnvVar[]>();
  for (const item of env) {
    if (!names.has(item.name)) continue;
    const before = items.get(item.name);
    if (before) before.push(item);
    else items.set(item.name, [item]);
  }
  return items;
}

/**
 * The variables with exactly the wanted items under each wanted name: in the place of the first one of that name, else at
 * the end, in order. Others of that name go, since the kubelet falls back to an earlier one when an optional Secret is
 * missing. Names that have what is wanted keep their objects; the same list when that is so for all.
 */
export function setVariables(env: readonly EnvVar[], wanted: WantedVariables): readonly EnvVar[] {
  const present = itemsOf(env, wanted);
  const changes = new Map(
    [...wanted].filter(([name, items]) => !isDeepStrictEqual(present.get(name) ?? [], items)),
  );
  if (changes.size === 0) return env;
  const result: EnvVar[] = [];
  const placed = new Set<string>();
  for (const item of env) {
    const items = changes.get(item.name);
    if (!items) result.push(item);
    else if (!placed.has(item.name)) result.push(...items);
    if (items) placed.add(item.name);
  }
  for (const [name, items] of changes) if (!placed.has(name)) result.push(...items);
  return result;
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

/**
 * Takes generated variables that no served backend needs out of the way. The vMCP would apply a header manifest to
 * whatever backend normalises to its name, so it goes, and so does what an earlier pass wrote. What the operator set for a
 * Secret becomes optional, so that a missing Secret does not keep the Pod from starting.
 */
export function withoutUnneeded(
  env: readonly EnvVar[],
  unneeded: ReadonlySet<string>,
  operatorMade: boolean,
): readonly EnvVar[] {
  if (unneeded.size === 0) return env;
  return env.flatMap((item) => {
    if (!unneeded.has(item.name)) return [item];
    return operatorMade && !item.name.startsWith(HEADER_MANIFEST) ? [relaxed(item)] : [];
  });
}
