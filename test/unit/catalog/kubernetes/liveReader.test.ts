import { describe, expect, it } from 'vitest';
import { ParsedBodies } from '../../../../src/catalog/kubernetes/liveReader.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('parsed bodies', () => {
  it('give the very object again for the same bytes at the same path, and only then', () => {
    const bodies = new ParsedBodies();
    const first = bodies.parse('/a', json({ a: 1 }));
    expect(bodies.parse('/a', json({ a: 1 }))).toBe(first);
    expect(bodies.parse('/b', json({ a: 1 }))).not.toBe(first);
    expect(bodies.parse('/a', json({ a: 2 }))).toEqual({ a: 2 });
    expect(bodies.parse('/a', json({ a: 1 }))).not.toBe(first);
  });

  it('do not change when the memory of an answer is used for something else', () => {
    const bodies = new ParsedBodies();
    const chunk = Buffer.from('{"a":1}{"a":2}');
    const first = bodies.parse('/a', chunk.subarray(0, 7));
    chunk.fill(' ');
    expect(bodies.parse('/a', json({ a: 1 }))).toBe(first);
  });

  it('forget the one that was used longest ago when there are too many', () => {
    const body = (path: string) => json({ path, fill: 'x'.repeat(80) });
    const bodies = new ParsedBodies(body('/0').length * 4);
    const values = new Map<string, unknown>();
    const read = (path: string) => bodies.parse(path, body(path));
    for (const path of ['/0', '/1', '/2', '/3']) values.set(path, read(path));
    expect(read('/0')).toBe(values.get('/0'));
    read('/4');
    expect(read('/0')).toBe(values.get('/0'));
    expect(read('/3')).toBe(values.get('/3'));
    expect(read('/1')).not.toBe(values.get('/1'));
  });

  it('read a body that is larger than all of their memory, and do not keep it', () => {
    const bodies = new ParsedBodies(10);
    const large = { text: 'x'.repeat(100) };
    expect(bodies.parse('/a', json(large))).toEqual(large);
    const small = bodies.parse('/b', json(1));
    expect(bodies.parse('/b', json(1))).toBe(small);
  });

  it('keep the value before when a later body is not JSON', () => {
    const bodies = new ParsedBodies();
    const first = bodies.parse('/a', json({ a: 1 }));
    expect(() => bodies.parse('/a', Buffer.from('{'))).toThrow(SyntaxError);
    expect(bodies.parse('/a', json({ a: 1 }))).toBe(first);
  });
});
