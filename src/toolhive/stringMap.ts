import * as z from 'zod';
import { MAX_PROBLEMS } from './bounds.ts';

/**
 * A JSON object whose values are strings. zod's own record drops a key named `__proto__`, which Kubernetes accepts as
 * a map key (it is even an HTTP token), so a value under it would pass unseen; here it is a key like any other.
 */
export const stringMap = z.unknown().transform((raw, context): Readonly<Record<string, string>> => {
  const map: Record<string, string> = Object.create(null);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    context.addIssue({ code: 'invalid_type', expected: 'record', input: raw });
    return z.NEVER;
  }
  let problems = 0;
  for (const [key, value] of Object.entries(raw)) {
    if (typeof value === 'string') map[key] = value;
    else if (++problems <= MAX_PROBLEMS)
      context.addIssue({ code: 'invalid_type', expected: 'string', input: value, path: [key] });
  }
  return map;
});
