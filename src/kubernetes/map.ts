import type * as z from 'zod';
import { counted, MAX_ITEMS, MAX_PROBLEMS } from './bounds.ts';
import { isRecord } from './record.ts';

function toMap<T extends z.ZodType>(
  raw: unknown,
  value: T,
  context: z.core.$RefinementCtx<unknown>,
): ReadonlyMap<string, z.output<T>> {
  const map = new Map<string, z.output<T>>();
  if (!isRecord(raw)) {
    context.addIssue({ code: 'invalid_type', expected: 'record', input: raw });
    return map;
  }
  let problems = 0;
  for (const [key, item] of Object.entries(raw)) {
    const parsed = value.safeParse(item);
    if (parsed.success) map.set(key, parsed.data);
    else
      for (const issue of parsed.error.issues)
        if (++problems <= MAX_PROBLEMS) context.addIssue({ ...issue, path: [key, ...issue.path] });
  }
  return map;
}

/**
 * A JSON object with keys of its author's choice, counted before its values are looked at. zod's own record drops a key
 * named `__proto__`, which Kubernetes accepts as a map key, so a value under it would pass unseen; here it is a key like
 * any other, and none is mistaken for what every object has. The quick predicate does not know it, so zod is always asked.
 */
export function map<T extends z.ZodType>(value: T, limit: number = MAX_ITEMS) {
  return counted(limit).transform((raw, context) => toMap(raw, value, context));
}
