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
