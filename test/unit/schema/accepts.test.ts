import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { list, MAX_NAME, nameWire } from '../../../src/kubernetes/bounds.ts';
import { map } from '../../../src/kubernetes/map.ts';
import { stringMap, toStringMap } from '../../../src/kubernetes/stringMap.ts';
import { acceptsOf, quick } from '../../../src/schema/accepts.ts';
import { serverEntryWire } from '../../../src/toolhive/models/serverEntry.ts';
import { OBJECT } from '../rules/arbitraries.ts';

const PAIR = z.object({ a: z.string(), b: z.number().nullish() });

const ACCEPTED: readonly (readonly [what: string, schema: z.ZodType, value: unknown])[] = [
  ['a string', z.string(), ''],
  ['a string within its limits', z.string().min(1).max(2), 'x'],
  ['one of a choice', z.enum(['x', 'y']), 'x'],
  ['a string within its limit', nameWire, 'a'.repeat(MAX_NAME)],
  ['a boolean', z.boolean(), false],
  ['a number', z.number(), 0],
  ['anything', z.unknown(), Symbol.iterator],
  ['nothing where that will do', z.string().nullish(), undefined],
  ['null where that will do', z.string().nullish(), null],
  ['an object', PAIR, { a: 'x', b: null }],
  ['an object with more than is asked for', PAIR, { a: 'x', c: [] }],
  ['a loose object', z.looseObject({ a: z.string() }), { a: 'x', c: [] }],
  ['what a predicate takes', z.custom((value) => value === 7), 7],
  ['a list', list(PAIR, 2), [{ a: 'x' }, { a: 'y', b: 1 }]],
  ['a map of strings', stringMap, JSON.parse('{"a": "x", "__proto__": "y"}')],
];

const REFUSED: typeof ACCEPTED = [
  ['another type', z.string(), 7],
  ['a string below its limit', z.string().min(1), ''],
  ['none of a choice', z.enum(['x', 'y']), 'z'],
  ['what every object has for one of a choice', z.enum(['x', 'y']), 'constructor'],
  ['a string beyond its limit', nameWire, 'a'.repeat(MAX_NAME + 1)],
  ['a number that is none', z.number(), Number.NaN],
  ['an endless number', z.number(), Number.POSITIVE_INFINITY],
  ['nothing', z.string(), undefined],
  ['a list for an object', PAIR, ['a']],
  ['null for an object', PAIR, null],
  ['an object that lacks something', PAIR, { b: 1 }],
  ['an object with a wrong field', PAIR, { a: 'x', b: 'x' }],
  ['what a predicate does not take', z.custom((value) => value === 7), 8],
  ['an object for a list', list(PAIR), { length: 0 }],
  ['a list with a wrong item', list(PAIR), [{ a: 'x' }, {}]],
  ['a longer list', list(PAIR, 1), [{ a: 'x' }, { a: 'y' }]],
  ['a map with another value', stringMap, { a: 'x', b: 7 }],
  ['a list for a map of strings', stringMap, []],
  ['a list for a map', map(PAIR), []],
  ['a map with a wrong value', map(PAIR), { a: { a: 'x' }, b: {} }],
  ['a map with a wrong value under __proto__', map(PAIR), JSON.parse('{"__proto__": {"a": 7}}')],
  ['a longer map', map(PAIR, 1), { a: { a: 'x' }, b: { a: 'y' } }],
];

/** zod takes the value, and only zod knows. */
const UNKNOWN: typeof ACCEPTED = [
  ['a refinement', z.string().refine((text) => text !== 'y'), 'x'],
  ['a refinement of an object', PAIR.refine(() => true), { a: 'x' }],
  ['a format', z.email(), 'a@example.com'],
  ['another limit', z.string().length(1), 'x'],
  ['a kind of number', z.int(), 1],
  ['a transform', z.string().transform(Number), '1'],
  ['a strict object', z.strictObject({ a: z.string() }), { a: 'x' }],
  ['a map', map(PAIR), JSON.parse('{"__proto__": {"a": "x"}}')],
  ['one of these', z.union([z.string(), z.number()]), 'x'],
  ['one of these inside', z.object({ a: z.object({ b: z.email() }) }), { a: { b: 'a@example.com' } }],
];

describe('the quick predicate of a schema', () => {
  it.each(ACCEPTED)('accepts %s, as zod does', (_, schema, value) => {
    expect(acceptsOf(schema)(value)).toBe(true);
    expect(schema.safeParse(value).success).toBe(true);
  });

  it.each(REFUSED)('does not accept %s, as zod does not', (_, schema, value) => {
    expect(acceptsOf(schema)(value)).toBe(false);
    expect(schema.safeParse(value).success).toBe(false);
  });

  it.each(UNKNOWN)('leaves %s to zod', (_, schema, value) => {
    expect(acceptsOf(schema)(value)).toBe(false);
    expect(schema.safeParse(value).success).toBe(true);
  });

  it('never accepts an entry that zod refuses', () => {
    const accepts = acceptsOf(serverEntryWire);
    let accepted = 0;
    fc.assert(
      fc.property(OBJECT, (object) => {
        if (!accepts(object)) return;
        accepted++;
        expect(serverEntryWire.safeParse(object).success).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});

describe('a quick schema', () => {
  it('gives what it accepts back as it is, and leaves the rest to zod', () => {
    const value = { a: 'x', c: [] };
    expect(quick(PAIR).safeParse(value).data).toBe(value);
    expect(quick(PAIR).safeParse({ a: 7 })).toEqual(PAIR.safeParse({ a: 7 }));
    expect(quick(z.string().transform(Number)).safeParse('7').data).toBe(7);
  });
});

describe('a map of strings', () => {
  it('is a copy with its own keys only', () => {
    const raw = JSON.parse('{"__proto__": "x", "a": "y"}');
    const map = toStringMap(stringMap.parse(raw));
    expect(map).not.toBe(raw);
    expect(Object.entries(map)).toEqual([
      ['__proto__', 'x'],
      ['a', 'y'],
    ]);
    expect(map.constructor).toBeUndefined();
  });
});

describe('a map', () => {
  const read = (json: string) => map(PAIR.nullable(), 3).safeParse(JSON.parse(json));

  it.each([
    ['{}', []],
    ['{"a": {"a": "x"}}', [['a', { a: 'x' }]]],
    [
      '{"__proto__": {"a": "x"}, "constructor": null}',
      [
        ['__proto__', { a: 'x' }],
        ['constructor', null],
      ],
    ],
  ])('has every key of %s and no other', (json, entries) => {
    const { data } = read(json);
    expect([...(data ?? [])]).toEqual(entries);
    expect(data?.get('toString')).toBeUndefined();
  });

  it.each([
    ['7', [[], 'invalid_type']],
    ['[]', [[], 'invalid_type']],
    ['{"a": {}, "b": {"a": "x"}}', [['a', 'a'], 'invalid_type']],
    ['{"__proto__": {"a": 7}}', [['__proto__', 'a'], 'invalid_type']],
    ['{"a": null, "b": null, "c": null, "d": 7}', [[], 'custom']],
  ])('tells where %s is wrong', (json, issue) => {
    expect(read(json).error?.issues.map(({ path, code }) => [path, code])).toEqual([issue]);
  });

  it('tells of a few problems, not of all', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 7]));
    expect(map(PAIR).safeParse(many).error?.issues).toHaveLength(20);
  });
});
