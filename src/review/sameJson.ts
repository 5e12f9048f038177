import { isRecord } from '../kubernetes/record.ts';

/**
 * True when two JSON values are the same, whatever the order of keys. With a list of its own of what is still to be
 * compared: objects come nested as deeply as their author likes, and a recursive comparison ends in a RangeError.
 */
export function sameJson(one: unknown, other: unknown): boolean {
  const open: unknown[] = [one, other];
  while (open.length > 0) {
    const b = open.pop();
    const a = open.pop();
    if (a === b) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      for (const [index, item] of a.entries()) open.push(item, b[index]);
    } else if (isRecord(a) && isRecord(b)) {
      const keys = Object.keys(a);
      if (keys.length !== Object.keys(b).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        open.push(a[key], b[key]);
      }
    } else return false;
  }
  return true;
}
