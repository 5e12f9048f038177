import * as z from 'zod';
import { acceptedBy, acceptsOf } from '../schema/accepts.ts';

/** The longest name that an object can have, a DNS subdomain, and the longest key of a ConfigMap or Secret. Source: RFC 1123, Kubernetes' object names. */
export const MAX_NAME = 253;
/**
 * Items of one list or map that rules look at. No honest object has a tenth of it, and each item can become a finding of
 * a kilobyte.
 */
export const MAX_ITEMS = 2_000;
/** Problems that are told of one map; a person mends them one by one. */
export const MAX_PROBLEMS = 20;

/** The first items; no further one is made. */
export function firstOf<T>(items: Iterable<T>, limit: number): T[] {
  const first: T[] = [];
  for (const item of items) if (first.push(item) >= limit) break;
  return first;
}

/** The name of an object, as it stands in metadata or in a reference. */
export const nameWire = z
  .string()
  .max(MAX_NAME, `must have at most ${MAX_NAME} characters, the longest name that an object can have`);

/** Anything with no more items or members than the limit. */
export function counted(limit: number) {
  return z.unknown().superRefine((raw, context) => {
    if (typeof raw !== 'object' || raw === null) return;
    const count = Array.isArray(raw) ? raw.length : Object.keys(raw).length;
    if (count > limit)
      context.addIssue({
        code: 'custom',
        message: `has ${count} items; at most ${limit} are looked at, so split it`,
        continue: false,
      });
  });
}

/** A list that is counted before its items are looked at. */
export function list<T extends z.ZodType>(item: T, limit: number = MAX_ITEMS) {
  const isItem = acceptsOf(item);
  return counted(limit)
    .pipe(z.array(item))
    .register(acceptedBy, {
      accepts: (raw) => Array.isArray(raw) && raw.length <= limit && raw.every(isItem),
    });
}
