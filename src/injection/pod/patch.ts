import { type JsonPatch, type JsonPatchOperation, pointerTo } from '../../admission/jsonPatch.ts';
import { isRecord } from '../../kubernetes/record.ts';

/**
 * By what an element of a Kubernetes list is known: mounts by path, named things by name, else by its JSON. Names can
 * be there twice (environment variables), so the count of equal ones before is part of it.
 */
function identities(list: readonly unknown[]): string[] {
  const seen = new Map<string, number>();
  return list.map((item) => {
    let id: string;
    if (isRecord(item) && typeof item.mountPath === 'string') id = `mount ${item.mountPath}`;
    else if (isRecord(item) && typeof item.name === 'string') id = `name ${item.name}`;
    else id = `json ${JSON.stringify(item)}`;
    const count = seen.get(id) ?? 0;
    seen.set(id, count + 1);
    return `${count} ${id}`;
  });
}

/** How many elements at the start of both lists are the same objects. */
function sameStart(from: readonly unknown[], to: readonly unknown[]): number {
  let same = 0;
  while (same < from.length && same < to.length && from[same] === to[same]) same++;
  return same;
}

function diffList(
  from: readonly unknown[],
  to: readonly unknown[],
  path: string,
  out: JsonPatchOperation[],
): void {
  // Most lists only get something at their end; what stands before it is looked at no further.
  const start = sameStart(from, to);
  if (start === from.length) {
    for (let index = start; index < to.length; index++)
      out.push({ op: 'add', path: pointerTo(path, index), value: to[index] });
    return;
  }
  const fromIds = identities(from.slice(start));
  const toIds = identities(to.slice(start));
  const wanted = new Set(toIds);
  // Removals first, from the end, so that the indices before stay true; then additions and changes in order.
  const kept = fromIds.map((id, index) => ({ id, index })).filter(({ id }) => wanted.has(id));
  const known = new Set(fromIds);
  for (let index = fromIds.length - 1; index >= 0; index--)
    if (!wanted.has(fromIds[index] ?? '')) out.push({ op: 'remove', path: pointerTo(path, start + index) });
  let next = 0;
  for (const [offset, id] of toIds.entries()) {
    const index = start + offset;
    const old = kept[next];
    if (old?.id === id) {
      next++;
      diff(from[start + old.index], to[index], path, index, out);
      continue;
    }
    const moved = known.has(id) ? kept.findIndex((item, at) => at >= next && item.id === id) : -1;
    if (moved >= 0) {
      // An element that changes its place is taken out there and put in here; nothing of ours does that.
      kept.splice(moved, 1);
      out.push({ op: 'remove', path: pointerTo(path, index + (moved - next)) });
    }
    out.push({ op: 'add', path: pointerTo(path, index), value: to[index] });
  }
}

function diffObject(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  path: string,
  out: JsonPatchOperation[],
): void {
  for (const key of Object.keys(from))
    if (!Object.hasOwn(to, key) || (to[key] === undefined && from[key] !== undefined))
      out.push({ op: 'remove', path: pointerTo(path, key) });
  for (const key of Object.keys(to)) {
    const value = to[key];
    if (value === undefined) continue;
    if (Object.hasOwn(from, key)) diff(from[key], value, path, key, out);
    else out.push({ op: 'add', path: pointerTo(path, key), value });
  }
}

/** Compares a member or an element of what `parent` points to; its own pointer is made only when something differs. */
function diff(
  from: unknown,
  to: unknown,
  parent: string,
  segment: string | number,
  out: JsonPatchOperation[],
): void {
  if (from === to) return;
  const path = pointerTo(parent, segment);
  if (Array.isArray(from) && Array.isArray(to)) diffList(from, to, path, out);
  else if (isRecord(from) && isRecord(to)) diffObject(from, to, path, out);
  else out.push({ op: 'replace', path, value: to });
}

/**
 * The JSON Patch (RFC 6902) that makes `to` out of `from`: only what differs, lists never replaced as a whole. Parts that
 * are the same object cost nothing. Both are JSON values.
 */
export function diffPatch(from: unknown, to: unknown): JsonPatch {
  const out: JsonPatchOperation[] = [];
  if (from === to) return out;
  if (Array.isArray(from) && Array.isArray(to)) diffList(from, to, '', out);
  else if (isRecord(from) && isRecord(to)) diffObject(from, to, '', out);
  else out.push({ op: 'replace', path: '', value: to });
  return out;
}
