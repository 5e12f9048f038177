import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson } from '../../../src/kubernetes/record.ts';

/** `{"a": [{"a": [… 1 …]}]}`, so many deep. */
function nested(depth: number, core = '1'): unknown {
  return JSON.parse(`${'{"a":['.repeat(depth / 2)}${core}${']}'.repeat(depth / 2)}`);
}

describe('the comparison of JSON values', () => {
  it.each([
    ['1', '1', true],
    ['1', '"1"', false],
    ['null', 'null', true],
    ['null', '{}', false],
    ['[]', '{}', false],
    ['{"length": 0}', '[]', false],
    ['[1, 2]', '[2, 1]', false],
    ['[1]', '[1, 1]', false],
    ['{"a": 1, "b": 2}', '{"b": 2, "a": 1}', true],
    ['{"a": 1}', '{"a": 1, "b": 2}', false],
    ['{"a": 1}', '{"b": 1}', false],
    ['{"a": null}', '{"b": null}', false],
    ['{"toString": 1}', '{"a": 1}', false],
    ['{"__proto__": {"a": 1}}', '{"__proto__": {"a": 1}}', true],
    ['{"__proto__": {"a": 1}}', '{"__proto__": {"a": 2}}', false],
    ['{"__proto__": {}}', '{"a": {}}', false],
  ])('of %s and %s says %s', (one, other, same) => {
    expect(sameJson(JSON.parse(one), JSON.parse(other))).toBe(same);
    expect(sameJson(JSON.parse(other), JSON.parse(one))).toBe(same);
  });

  it('counts what is absent as itself', () => {
    expect(sameJson(undefined, undefined)).toBe(true);
    expect(sameJson(undefined, null)).toBe(false);
    expect(sameJson(undefined, {})).toBe(false);
  });

  it.each([10, 9_000, 200_000])('goes %i deep', (depth) => {
    expect(sameJson(nested(depth), nested(depth))).toBe(true);
    expect(sameJson(nested(depth), nested(depth, '2'))).toBe(false);
  });

  it('says what Node says', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json)) as unknown);
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(sameJson(one, structuredClone(one))).toBe(true);
        // -0 is 0 in JSON.
        expect(sameJson(one, other)).toBe(isDeepStrictEqual(one, other));
      }),
    );
  });
});
