import { type JsonPatch, type JsonPatchOperation, pointerTo } from '../../admission/jsonPatch.ts';
import { isRecord } from '../../kubernetes/record.ts';

/** What an element of a Kubernetes list is known by: a mount by its path, what has a name by that, all else by its JSON. */
function identity(item: unknown): string {
  if (isRecord(item) && typeof item.mountPath === 'string') return `mount ${item.mountPath}`;
  if (isRecord(item) && typeof item.name === 'string') return `name ${item.name}`;
  return `json ${JSON.stringify(item)}`;
}

/**
 * For elements of `to` their index in `from`, as far as they stand in the same order in both. Of several with one identity,
 * as variables can have, the first ones are the same, then the second ones.
 */
function commonElements(from: readonly unknown[], to: readonly unknown[]): ReadonlyMap<number, number> {
  const indices = Map.groupBy([...from.keys()].reverse(), (index) => identity(from[index]));
  const common = new Map<number, number>();
  let next = 0;
  for (const [index, item] of to.entries()) {
    const before = indices.get(identity(item))?.pop() ?? -1;
    if (before < next) continue;
    common.set(index, before);
    next = before + 1;
  }
  return common;
}

type Operations = JsonPatchOperation[];
type Fields = Readonly<Record<string, unknown>>;

/** True when each element of `from` stands at the same place in `to`, as in nearly every edit: elements change, and more follow. */
function keepsPlaces(from: readonly unknown[], to: readonly unknown[]): boolean {
  if (from.length > to.length) return false;
  return from.every((item, index) => item === to[index] || identity(item) === identity(to[index]));
}

function diffList(from: readonly unknown[], to: readonly unknown[], path: string, out: Operations): void {
  const common = keepsPlaces(from, to) ? undefined : commonElements(from, to);
  if (common) removeOthers(from.length, new Set(common.values()), path, out);
  for (let index = 0; index < to.length; index++) {
    const old = common ? (common.get(index) ?? from.length) : index;
    if (old >= from.length) out.push({ op: 'add', path: pointerTo(path, index), value: to[index] });
    else if (from[old] !== to[index]) diff(from[old], to[index], pointerTo(path, index), out);
  }
}

/** Removes the elements that are not kept, from the end, so that the indices before them stay right. */
function removeOthers(length: number, kept: ReadonlySet<number>, path: string, out: Operations): void {
  for (let index = length - 1; index >= 0; index--)
    if (!kept.has(index)) out.push({ op: 'remove', path: pointerTo(path, index) });
}

function diffObject(from: Fields, to: Fields, path: string, out: Operations): void {
  for (const key of Object.keys(from))
    if (!Object.hasOwn(to, key)) out.push({ op: 'remove', path: pointerTo(path, key) });
  for (const [key, value] of Object.entries(to)) {
    if (!Object.hasOwn(from, key)) out.push({ op: 'add', path: pointerTo(path, key), value });
    else if (from[key] !== value) diff(from[key], value, pointerTo(path, key), out);
  }
}

/** Compares two values that are not the same object. */
function diff(from: unknown, to: unknown, path: string, out: Operations): void {
  if (Array.isArray(from) && Array.isArray(to)) diffList(from, to, path, out);
  else if (isRecord(from) && isRecord(to)) diffObject(from, to, path, out);
  else out.push({ op: 'replace', path, value: to });
}

/**
 * Returns the JSON Patch (RFC 6902) that makes `to` out of `from`: only what differs, lists never replaced as a whole.
 * Parts that are the same object cost nothing. Both are JSON values.
 */
export function diffPatch(from: unknown, to: unknown): JsonPatch {
  const out: Operations = [];
  if (from !== to) diff(from, to, '', out);
  return out;
}
