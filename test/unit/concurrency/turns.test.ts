import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/concurrency/turns.ts';

/** Works that say when they begin, and end when they are told to. */
function works(limit: number) {
  const turns = new Turns(limit);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (name: string, size: number) =>
    turns.run(async () => {
      begun.push(name);
      await new Promise<void>((end) => ends.set(name, end));
      return name;
    }, size);
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, begin, end };
}

describe('turns', () => {
  it('start works while their sizes together stay within the limit, small ones first', async () => {
    const { begun, begin, end } = works(10);
    const all = [begin('a', 6), begin('b', 6), begin('c', 4), begin('d', 1)];
    await end('none');
    expect(begun).toEqual(['a', 'c']);
    await end('c');
    expect(begun).toEqual(['a', 'c', 'd']);
    await end('a');
    expect(begun).toEqual(['a', 'c', 'd', 'b']);
    await end('b');
    await end('d');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('start a work that is larger than the limit when it is alone', async () => {
    const { begun, begin, end } = works(10);
    void begin('small', 1);
    void begin('large', 1_000);
    await end('none');
    expect(begun).toEqual(['small']);
    await end('small');
    expect(begun).toEqual(['small', 'large']);
    await end('large');
  });

  it('go on after a work that fails', async () => {
    const turns = new Turns(10);
    const failed = turns.run(() => Promise.reject(new Error('no')), 10);
    const next = turns.run(async () => 'next', 10);
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('without sizes start as many works as the limit says, in the order in which they came', async () => {
    const turns = new Turns(2);
    const order: string[] = [];
    let running = 0;
    const task = (name: string) => async () => {
      order.push(name);
      expect(++running).toBeLessThanOrEqual(2);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (name === 'b') throw new Error('no');
    };
    await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((name) => turns.run(task(name))));
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
