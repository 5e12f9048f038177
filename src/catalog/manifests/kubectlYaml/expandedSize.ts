/** Deeper than any Kubernetes object, and shallow enough for the recursive functions that read the value later. */
const MAX_DEPTH = 200;

/** The size of a value with all aliases written out, or a sentence that says why it cannot be used. */
export type ExpandedSize =
  | { readonly ok: true; readonly size: number }
  | { readonly ok: false; readonly message: string };

/**
 * Measures a parsed value as if every YAML alias were written out: characters of its strings and keys, and one for
 * each node. Each shared object is walked once, so the walk is linear in what was parsed, however large the result.
 * Rejects values that refer to themselves or are nested more than 200 levels deep.
 */
export function expandedSize(root: unknown): ExpandedSize {
  const known = new Map<object, number>();
  const open = new Set<object>();
  let refusal: string | undefined;

  function measure(value: unknown, depth: number): number {
    if (typeof value === 'string') return value.length + 1;
    if (typeof value !== 'object' || value === null) return 1;
    const before = known.get(value);
    if (before !== undefined) return before;
    if (open.has(value)) refusal ??= 'an alias refers to something that contains it';
    else if (depth > MAX_DEPTH) refusal ??= `nested more than ${MAX_DEPTH} levels deep`;
    if (refusal) return 0;
    open.add(value);
    let size = 1;
    for (const [key, item] of Object.entries(value)) size += key.length + measure(item, depth + 1);
    open.delete(value);
    known.set(value, size);
    return size;
  }

  const size = measure(root, 0);
  return refusal === undefined ? { ok: true, size } : { ok: false, message: refusal };
}
