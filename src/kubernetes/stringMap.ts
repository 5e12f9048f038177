import * as z from 'zod';
import { acceptedBy } from '../schema/accepts.ts';
import { MAX_PROBLEMS } from './bounds.ts';
import { isRecord } from './record.ts';

declare const checked: unique symbol;

/** A JSON object whose values are strings, not copied; {@link toStringMap} gives it a lookup. */
export interface StringMapWire {
  readonly [checked]: true;
}

/** True for a JSON object whose values are all strings. */
export function isStringMap(raw: unknown): boolean {
  if (!isRecord(raw)) return false;
  for (const value of Object.values(raw)) if (typeof value !== 'string') return false;
  return true;
}

function check(raw: unknown, context: z.core.$RefinementCtx<unknown>): void {
  if (!isRecord(raw)) {
    context.addIssue({ code: 'invalid_type', expected: 'record', input: raw });
    return;
  }
  let problems = 0;
  for (const [key, value] of Object.entries(raw))
    if (typeof value !== 'string' && ++problems <= MAX_PROBLEMS)
      context.addIssue({ code: 'invalid_type', expected: 'string', input: value, path: [key] });
}

/**
 * A JSON object whose values are strings. zod's own record drops a key named `__proto__`, which Kubernetes accepts as
 * a map key (it is even an HTTP token), so a value under it would pass unseen; here it is a key like any other.
 */
export const stringMap = z
  .unknown()
  .superRefine(check)
  .transform((raw) => raw as StringMapWire)
  .register(acceptedBy, { accepts: isStringMap });

/** The map as a copy that knows its own keys only, so that none of them is mistaken for what every object has. */
export function toStringMap(wire: StringMapWire | null | undefined): Readonly<Record<string, string>> {
  return Object.assign(Object.create(null), wire);
}
