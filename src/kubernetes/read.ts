import type * as z from 'zod';
import { remember } from '../remember.ts';
import type { Parser } from '../schema/accepts.ts';
import { isShownKey } from '../text/redact.ts';

/** A field whose JSON value is not of the type that the CRD gives it. `field` is a path as the API server writes it. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** What reading an object gives: the model, or every field that kept it from being one. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

const PLAIN_SEGMENT = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The place of each key of a map among all of them in order. Found once for a map: a message may ask about each of its keys. */
const positions = remember(
  (map: object) =>
    new Map(
      Object.keys(map)
        .sort()
        .map((key, index) => [key, index + 1]),
    ),
);

/** `#2` for the second key of a map in alphabetical order, in which the API server stores them. */
export function keyPosition(key: string, map: object): string {
  return `#${positions(map).get(key) ?? 0}`;
}

/** A map key as a message may show it: itself, or its {@link keyPosition}. */
export function shownKey(key: string, map: object): string {
  return isShownKey(key) ? key : keyPosition(key, map);
}

/**
 * A JSON path as the API server writes it: `spec.headers[2].name`, map keys that are not identifiers as `spec.map[a.b/c]`.
 * @param root the object, to count the keys that are not shown ({@link shownKey})
 */
export function fieldPath(segments: readonly PropertyKey[], root: unknown): string {
  let path = '';
  for (const [depth, segment] of segments.entries()) {
    if (typeof segment !== 'string') path += `[${String(segment)}]`;
    else {
      const shown = shownKey(segment, Object(at(root, segments.slice(0, depth))));
      if (PLAIN_SEGMENT.test(shown)) path += path === '' ? shown : `.${shown}`;
      else path += `[${shown}]`;
    }
  }
  return path;
}

/** Types that zod expects, where `a` and its name for the type are not English. */
const WITH_AN: Readonly<Record<string, string>> = {
  record: 'an object',
  object: 'an object',
  array: 'an array',
};

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function at(root: unknown, segments: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

function toProblem(issue: z.core.$ZodIssue, root: unknown): FieldProblem {
  const field = fieldPath(issue.path, root);
  if (issue.code !== 'invalid_type') return { field, message: issue.message };
  const wanted = WITH_AN[issue.expected] ?? `a ${issue.expected}`;
  const value = at(root, issue.path);
  return {
    field,
    message: value === undefined ? `must be ${wanted}` : `must be ${wanted}, not ${typeName(value)}`,
  };
}

/**
 * Reads an untrusted object by a schema. Never throws: whatever is wrong comes back as field problems.
 * The `null`s that old clients write count as absent, as they do for the API server.
 * A `quick` schema is only for models that keep nothing but strings, numbers and booleans.
 */
export function readWith<W, T>(schema: Parser<W>, raw: unknown, toModel: (wire: W) => T): Read<T> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, value: toModel(parsed.data) };
  return { ok: false, problems: parsed.error.issues.map((issue) => toProblem(issue, raw)) };
}
