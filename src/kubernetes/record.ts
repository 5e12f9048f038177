/** True for what JSON calls an object: no list, no null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path into an untrusted object; undefined when something on the way is missing or not an object. */
export function valueAt(root: unknown, ...path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The object at a path; undefined when there is none. */
export function fieldsAt(
  root: unknown,
  ...path: readonly string[]
): Readonly<Record<string, unknown>> | undefined {
  const value = valueAt(root, ...path);
  return isRecord(value) ? value : undefined;
}

/** The text at a path; undefined when there is none or it is empty. */
export function textAt(root: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The scalar at a path as text, as a YAML loader reads numbers and booleans into a text; undefined for an empty one. */
export function scalarAt(root: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(root, ...path);
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  return String(value) || undefined;
}

/** The items of the list at a path, with their positions. */
export function itemsAt(
  root: unknown,
  ...path: readonly string[]
): readonly (readonly [index: number, item: unknown])[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? [...value.entries()] : [];
}

/**
 * True when two JSON values are the same, whatever the order of keys. The comparison keeps its own stack, since untrusted
 * objects can be nested so deeply that a recursive one, as in `node:util`, ends in a RangeError.
 */
export function sameJson(one: unknown, other: unknown): boolean {
  const open: unknown[] = [one, other];
  while (open.length > 0) {
    const b = open.pop();
    const a = open.pop();
    if (a === b) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      for (let index = 0; index < a.length; index++) open.push(a[index], b[index]);
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
