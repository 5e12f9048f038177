import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPatch } from '../../../../src/injection/pod/patch.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const named = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.nat(3) });
const json = fc.oneof(
  fc.dictionary(fc.constantFrom('x', 'y/z', '~t', ''), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  fc.array(named, { maxLength: 6 }),
  fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 }),
);

describe('the patch between two objects', () => {
  it('makes the one out of the other, whatever they are', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        const before = { root: from };
        const after = { root: to };
        expect(applyPatch(before, diffPatch(before, after))).toEqual(after);
      }),
      { numRuns: 2000 },
    );
  });

  it('is empty between equal objects', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(diffPatch(value, structuredClone(value))).toEqual([]);
      }),
    );
  });

  it('adds one element to a list, and changes one field of another, with two operations', () => {
    const from = { volumes: [{ name: 'a', x: 1 }, { name: 'b' }] };
    const to = { volumes: [{ name: 'a', x: 2 }, { name: 'new' }, { name: 'b' }] };
    expect(diffPatch(from, to)).toEqual([
      { op: 'replace', path: '/volumes/0/x', value: 2 },
      { op: 'add', path: '/volumes/1', value: { name: 'new' } },
    ]);
  });
});
