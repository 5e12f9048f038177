import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Cohort } from '../../../src/server/cohort.ts';

/** Joins in the name of each, and tells who has gone on by now. */
function joiners(cohort: Cohort) {
  const gone: string[] = [];
  const join = (...names: readonly string[]) => {
    for (const name of names) void cohort.join().then(() => gone.push(name));
  };
  return { gone, join };
}

describe('a cohort', () => {
  it('lets all who join in one turn go on together, in their order, after everything else of that turn', async () => {
    const { gone, join } = joiners(new Cohort(10));
    join('a', 'b');
    // What a read brings comes in ticks and microtasks of the same turn.
    process.nextTick(() => join('c'));
    await Promise.resolve();
    join('d');
    expect(gone).toEqual([]);
    await turn();
    expect(gone).toEqual(['a', 'b', 'd', 'c']);
  });

  it('lets one who is alone go on at the end of the same turn, again and again', async () => {
    const { gone, join } = joiners(new Cohort(10));
    for (const name of ['a', 'b', 'c']) {
      join(name);
      await turn();
      expect(gone.at(-1)).toBe(name);
    }
  });

  it('holds no more than its size: the others go on in the next turns, before those who come later', async () => {
    const { gone, join } = joiners(new Cohort(2));
    join('a', 'b', 'c', 'd', 'e');
    await turn();
    expect(gone).toEqual(['a', 'b']);
    join('f');
    await turn();
    expect(gone).toEqual(['a', 'b', 'c', 'd']);
    await turn();
    expect(gone).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('takes the places of its reviews only while they are decided, so many at a time do not fill them all', async () => {
    const cohort = new Cohort(4);
    let deciding = 0;
    let most = 0;
    const review = async () => {
      await cohort.join();
      most = Math.max(most, ++deciding);
      for (let step = 0; step < 20; step++) await Promise.resolve();
      deciding--;
    };
    await Promise.all(Array.from({ length: 50 }, review));
    expect(most).toBe(4);
  });
});
