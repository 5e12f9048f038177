import { expect, it } from 'vitest';
import { oneAtATime } from '../../../src/concurrency/oneAtATime.ts';

it('runs a work once for all who ask meanwhile, and again for who asks later, also after a failure', async () => {
  let runs = 0;
  const ask = oneAtATime(async () => {
    runs++;
    await new Promise((resolve) => setImmediate(resolve));
    if (runs === 2) throw new Error('failed');
    return runs;
  });
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  const failed = await Promise.allSettled([ask(), ask()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(3);
});
