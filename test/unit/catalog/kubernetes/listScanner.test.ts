import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ListScanner } from '../../../../src/catalog/kubernetes/listScanner.ts';
import { MAX_OBJECT_BYTES } from '../../../../src/catalog/kubernetes/malformed.ts';

function scan(pieces: readonly string[]): { items: unknown[]; frame: unknown } {
  const scanner = new ListScanner();
  const items = pieces.flatMap((piece) => scanner.push(piece)).map((text) => JSON.parse(text));
  return { items, frame: scanner.frame() };
}

function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}

describe('the scanner of lists', () => {
  it('finds what JSON.parse finds, wherever the text is cut', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(
        fc.array(value),
        fc.dictionary(fc.string(), value),
        fc.boolean(),
        fc.option(fc.constantFrom(1, 2)),
        fc.array(fc.nat(), { maxLength: 8 }),
        (items, others, itemsFirst, indent, at) => {
          const list = itemsFirst
            ? { items, ...others, items2: [1] }
            : { ...others, metadata: { items: ['x'] }, items };
          list.items = items;
          const text = JSON.stringify(list, undefined, indent ?? undefined);
          const wanted = JSON.parse(text);
          expect(scan(cut(text, at))).toEqual({ items: wanted.items, frame: { ...wanted, items: [] } });
        },
      ),
    );
  });

  it('takes a list without items, or with null for them', () => {
    expect(scan(['{"metadata":{}}']).items).toEqual([]);
    expect(scan(['{"items":null}'])).toEqual({ items: [], frame: { items: null } });
    expect(scan(['{"items":[ ]}']).items).toEqual([]);
  });

  it('refuses what is no JSON, and an item without end', () => {
    expect(() => scan(['{"items":[1]'])).toThrow('no JSON');
    const scanner = new ListScanner();
    scanner.push('{"items":["');
    const piece = 'x'.repeat(1024 * 1024);
    expect(() => {
      for (let pushed = 0; pushed <= MAX_OBJECT_BYTES; pushed += piece.length) scanner.push(piece);
    }).toThrow('larger than');
  });

  it('refuses a list that is large beside its items', () => {
    const scanner = new ListScanner();
    const piece = `"x":[${'[],'.repeat(1_000)}[]],`;
    expect(() => {
      scanner.push('{');
      for (let pushed = 0; pushed <= 2 * 1024 * 1024; pushed += piece.length) scanner.push(piece);
    }).toThrow('beside its items');
    const between = new ListScanner();
    expect(() => {
      between.push('{"items":[]');
      for (let pushed = 0; pushed <= 2 * 1024 * 1024; pushed += 12) between.push(',"items":[1]');
    }).toThrow('beside its items');
  });

  it('reads a list of many brackets in time that grows with its length only', () => {
    const join = vi.spyOn(Array.prototype, 'join');
    scan(['{"items":[]', ...Array.from({ length: 2_000 }, () => ',"items":[]'), '}']);
    const joined = join.mock.contexts.reduce<number>((sum, parts) => sum + (parts as unknown[]).length, 0);
    join.mockRestore();
    expect(joined).toBeLessThan(20_000);
  });
});
