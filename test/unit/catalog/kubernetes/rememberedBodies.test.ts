import { describe, expect, it } from 'vitest';
import { RememberedBodies } from '../../../../src/catalog/kubernetes/rememberedBodies.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('remembered bodies', () => {
  it('give the very object again for the same bytes at the same path, and only then', () => {
    const remembered = new RememberedBodies();
    const first = remembered.parse('/a', json({ a: 1 }));
    expect(remembered.parse('/a', json({ a: 1 }))).toBe(first);
    expect(remembered.parse('/b', json({ a: 1 }))).not.toBe(first);
    expect(remembered.parse('/a', json({ a: 2 }))).toEqual({ a: 2 });
    expect(remembered.parse('/a', json({ a: 1 }))).not.toBe(first);
  });

  it('do not hold on to the memory that an answer was a part of', () => {
    const remembered = new RememberedBodies();
    const chunk = Buffer.from('{"a":1}{"a":2}');
    const first = remembered.parse('/a', chunk.subarray(0, 7));
    chunk.fill(' ');
    expect(remembered.parse('/a', json({ a: 1 }))).toBe(first);
  });

  it('forget what was not used for longest when there are too many', () => {
    const body = (path: string) => json({ path, fill: 'x'.repeat(80) });
    const remembered = new RememberedBodies(body('/0').length * 4);
    const values = new Map<string, unknown>();
    const read = (path: string) => remembered.parse(path, body(path));
    for (const path of ['/0', '/1', '/2', '/3']) values.set(path, read(path));
    expect(read('/0')).toBe(values.get('/0'));
    read('/4');
    expect(read('/0')).toBe(values.get('/0'));
    expect(read('/3')).toBe(values.get('/3'));
    expect(read('/1')).not.toBe(values.get('/1'));
  });

  it('keep nothing of a body that is larger than all of their memory, and still read it', () => {
    const remembered = new RememberedBodies(10);
    const large = { text: 'x'.repeat(100) };
    expect(remembered.parse('/a', json(large))).toEqual(large);
    const small = remembered.parse('/b', json(1));
    expect(remembered.parse('/b', json(1))).toBe(small);
  });

  it('keep the value before when a later body is no JSON', () => {
    const remembered = new RememberedBodies();
    const first = remembered.parse('/a', json({ a: 1 }));
    expect(() => remembered.parse('/a', Buffer.from('{'))).toThrow(SyntaxError);
    expect(remembered.parse('/a', json({ a: 1 }))).toBe(first);
  });
});
