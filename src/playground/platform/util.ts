/** What the engine uses of `node:util`, for values that JSON can have. */
export function isDeepStrictEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(
      ([key, value]) =>
        Object.hasOwn(b, key) && isDeepStrictEqual(value, (b as Record<string, unknown>)[key]),
    )
  );
}

/** A page shows no colours of terminals. */
export function styleText(_style: string, text: string): string {
  return text;
}
