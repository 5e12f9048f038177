import { type JsonPatch, type JsonPatchOperation, pointer } from '../admission/jsonPatch.ts';

type Path = readonly (string | number)[];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * By what an element of a Kubernetes list is known: mounts by path, named things by name, else by its JSON. Names can
 * be there twice (environment variables), so the count of equal ones before is part of it.
 */
function identities(list: readonly unknown[]): string[] {
  const seen = new Map<string, number>();
  return list.map((item) => {
    let id: string;
    if (isObject(item) && typeof item.mountPath === 'string') id = `mount ${item.mountPath}`;
    else if (isObject(item) && typeof item.name === 'string') id = `name ${item.name}`;
    else id = `json ${JSON.stringify(item)}`;
    const count = seen.get(id) ?? 0;
    seen.set(id, count + 1);
    return `${count} ${id}`;
  });
}

function diffList(
  from: readonly unknown[],
  to: readonly unknown[],
  path: Path,
  out: JsonPatchOperation[],
): void {
  const fromIds = identities(from);
  const toIds = identities(to);
  const wanted = new Set(toIds);
  // Removals first, from the end, so that the indices before stay true; then additions and changes in order.
  const kept = fromIds.map((id, index) => ({ id, index })).filter(({ id }) => wanted.has(id));
  for (let index = fromIds.length - 1; index >= 0; index--)
    if (!wanted.has(fromIds[index] ?? '')) out.push({ op: 'remove', path: pointer(...path, index) });
  let next = 0;
  for (const [index, id] of toIds.entries()) {
    const old = kept[next];
    if (old?.id === id) {
      next++;
      diff(from[old.index], to[index], [...path, index], out);
      continue;
    }
    const moved = kept.findIndex((item, at) => at >= next && item.id === id);
    if (moved >= 0) {
      // An element that changes its place is taken out there and put in here; nothing of ours does that.
      kept.splice(moved, 1);
      out.push({ op: 'remove', path: pointer(...path, index + (moved - next)) });
    }
    out.push({ op: 'add', path: pointer(...path, index), value: to[index] });
  }
}

function diffObject(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  path: Path,
  out: JsonPatchOperation[],
): void {
  for (const key of Object.keys(from))
    if (!Object.hasOwn(to, key) || (to[key] === undefined && from[key] !== undefined))
      out.push({ op: 'remove', path: pointer(...path, key) });
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue;
    if (Object.hasOwn(from, key)) diff(from[key], value, [...path, key], out);
    else out.push({ op: 'add', path: pointer(...path, key), value });
  }
}

function diff(from: unknown, to: unknown, path: Path, out: JsonPatchOperation[]): void {
  if (from === to) return;
  if (Array.isArray(from) && Array.isArray(to)) diffList(from, to, path, out);
  else if (isObject(from) && isObject(to)) diffObject(from, to, path, out);
  else out.push({ op: 'replace', path: pointer(...path), value: to });
}

/**
 * The JSON Patch (RFC 6902) that makes `to` out of `from`: only what differs, lists never replaced as a whole. Parts that
 * are the same object cost nothing. Both are JSON values.
 */
export function diffPatch(from: unknown, to: unknown): JsonPatch {
  const out: JsonPatchOperation[] = [];
  diff(from, to, [], out);
  return out;
}
