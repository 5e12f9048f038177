import fc from 'fast-check';
import type { Seed } from './seeds.ts';

/** A body to send, where, and what is unusual about its request. */
export interface Mutant {
  readonly path: string;
  readonly body: Buffer;
  readonly method?: string;
  readonly contentType?: string;
  /** The status that refuses it before its body is read. */
  readonly refused?: number;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Values that parsers and rules stumble over. */
const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, 0, -1, 1e308, 2 ** 53, 0.1, '', ' ', '\u0000', '\n', '\ud800', '\u202e', '$(A)', '$$'],
    ...['..', '__proto__', [], {}, [[[]]], { name: 5 }],
    ...[
      'http://localhost/',
      'https://u:p@h/',
      'http://[::ffff:127.0.0.1]/',
      'http://0x7f.1/',
      'https://\uff4c/',
    ],
    ...['Valid', 'v1', 'toolhive.stacklok.dev/v1alpha1', 'MCPServerEntry', 'Pod', 'status', 'DELETE', 'team'],
  ),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('x', 'a: ', '$(').map((text) => text.repeat(50_000)),
  fc.constant(2_000).map((length) => Array.from({ length }, (_, index) => index)),
  fc
    .constant(500)
    .map((length) => Object.fromEntries(Array.from({ length }, (_, index) => [`X-${index}`, '$(']))),
  fc.constantFrom(150, 1_000).map(nested),
  fc
    .constant('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}')
    .map((text) => JSON.parse(text)),
);

type Container = Record<string, unknown> | unknown[];

/** Every object and array of a value that is not empty; not deeper than any real object. */
function containers(value: unknown, found: Container[] = [], depth = 0): Container[] {
  if (typeof value !== 'object' || value === null || depth > 40) return found;
  if (Object.keys(value).length > 0) found.push(value as Container);
  for (const item of Object.values(value)) containers(item, found, depth + 1);
  return found;
}

/** One place of a JSON value, chosen by two numbers of any size. */
function placeOf(root: Container, at: number, key: number): [Record<string, unknown>, string] {
  const all = containers(root);
  const container = (all[at % all.length] ?? root) as Record<string, unknown>;
  const keys = Object.keys(container);
  return [container, keys[key % keys.length] ?? 'extra'];
}

/** A change of one place of a review. */
type Edit = (root: Container) => void;

const PLACE = fc.tuple(fc.nat(), fc.nat());

const EDIT: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(PLACE, JUNK).map(
      ([place, value]): Edit =>
        (root) => {
          const [container, key] = placeOf(root, ...place);
          container[key] = value;
        },
    ),
  },
  fc.tuple(PLACE, fc.string(), JUNK).map(
    ([place, key, value]): Edit =>
      (root) => {
        placeOf(root, ...place)[0][key] = value;
      },
  ),
  PLACE.map(
    (place): Edit =>
      (root) => {
        const [container, key] = placeOf(root, ...place);
        delete container[key];
      },
  ),
  fc.tuple(PLACE, PLACE).map(
    ([to, from]): Edit =>
      (root) => {
        const [container, key] = placeOf(root, ...to);
        const [donor, other] = placeOf(root, ...from);
        container[key] = structuredClone(donor[other]);
      },
  ),
  fc.tuple(PLACE, fc.nat(), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 })).map(
    ([place, at, cut, text]): Edit =>
      (root) => {
        const [container, key] = placeOf(root, ...place);
        const value = container[key];
        if (typeof value !== 'string') container[key] = [value];
        else {
          const from = at % (value.length + 1);
          container[key] = value.slice(0, from) + text + value.slice(from + cut);
        }
      },
  ),
);

/** A change of the bytes of a body: a piece of it replaced, and perhaps everything after it cut off. */
interface BytesChange {
  readonly at: number;
  readonly cut: number;
  readonly text: Uint8Array;
  readonly rest: boolean;
}

const BYTES = fc.record({
  at: fc.nat(),
  cut: fc.nat(40),
  text: fc.uint8Array({ maxLength: 8 }),
  rest: fc.boolean(),
});

/** A review whose parts an edit may have replaced by anything. */
type Review = Record<string, unknown> & {
  readonly request?: { readonly [part: string]: unknown } | null;
};

/** Mostly the object of a review, sometimes the old one or the review itself. */
function partOf(review: Review, part: number): Container {
  if (typeof review.request !== 'object' || review.request === null) return review;
  const { object, oldObject } = review.request;
  const chosen = part === 0 ? review : part < 3 ? (oldObject ?? object) : (object ?? oldObject);
  return typeof chosen === 'object' && chosen !== null ? (chosen as Container) : review;
}

/** Mostly JSON, sometimes not. */
function bodyOf(
  review: object,
  edits: readonly Edit[],
  parts: readonly number[],
  bytes: BytesChange | null,
): Buffer {
  const copy = structuredClone(review) as Review;
  for (const [index, edit] of edits.entries()) edit(partOf(copy, parts[index] ?? 0));
  const body = Buffer.from(JSON.stringify(copy));
  if (bytes === null) return body;
  const { at, cut, text, rest } = bytes;
  const from = at % (body.length + 1);
  return Buffer.concat([body.subarray(0, from), text, rest ? body.subarray(from + cut) : Buffer.alloc(0)]);
}

/** Requests that are refused whatever their body is. */
const REFUSED: readonly Omit<Mutant, 'body'>[] = [
  { path: '/validate', method: 'PUT', refused: 405 },
  { path: '/mutate', method: 'PATCH', refused: 405 },
  { path: '/validate', contentType: 'text/plain', refused: 415 },
  { path: '/mutate', contentType: 'application/x-www-form-urlencoded', refused: 415 },
  { path: '/validate/x', refused: 404 },
  { path: '/', refused: 404 },
];

const PATHS = ['/validate', '/mutate'] as const;

/** Null `times` times as often as something else. */
function rarely<T>(times: number, something: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: something });
}

/** Reviews made of the seeds by a few changes. fast-check makes a failing one smaller. */
export function mutants(seeds: readonly Seed[]): fc.Arbitrary<Mutant> {
  return fc
    .record({
      seed: fc.oneof(...PATHS.map((path) => fc.constantFrom(...seeds.filter((one) => one.path === path)))),
      parts: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
      edits: fc.array(EDIT, { maxLength: 4 }),
      bytes: rarely(6, BYTES),
      refused: rarely(30, fc.constantFrom(...REFUSED)),
    })
    .map(({ seed, edits, parts, bytes, refused }) => {
      const body = bodyOf(seed.review, edits, parts, bytes);
      return { path: seed.path, ...refused, body };
    });
}
