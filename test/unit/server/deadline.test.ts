import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerTimeout, Deadlines, parseDuration } from '../../../src/server/deadline.ts';
import { TIMING } from '../../../src/server/timing.ts';

describe('a duration', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['1h', 3_600_000],
    ['250us', 0.25],
    ['1m0.5s', 60_500],
  ])('%s is %d ms, as in Go', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
  });

  it.each(['', '10', 's', '-1s', '1 s', '1s ', '10S', '1e3s', '1d', `${'1s'.repeat(1_000)}`])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("the caller's timeout", () => {
  it.each([
    ['/validate', TIMING.reviewTimeout],
    ['/validate?timeout=5s', 5_000],
    ['/validate?a=b&timeout=5s', 5_000],
    ['/validate?timeout=', TIMING.reviewTimeout],
    ['/validate?timeout=soon', TIMING.reviewTimeout],
    ['/validate?timeout=0s', TIMING.reviewTimeout],
    ['/validate?timeout=9h', TIMING.maxReviewTimeout],
    ['/validate?timeout=%', TIMING.reviewTimeout],
  ])('of %s is %d ms', (url, ms) => {
    expect(callerTimeout(url)).toBe(ms);
  });

  it('is always more than nothing and at most the cap', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const timeout = callerTimeout(`/validate?timeout=${text}`);
        expect(timeout).toBeGreaterThan(0);
        expect(timeout).toBeLessThanOrEqual(TIMING.maxReviewTimeout);
      }),
    );
  });
});

describe('a deadline', () => {
  it('aborts first and is over after that', async () => {
    const deadline = new Deadlines(1).start(50);
    const order: string[] = [];
    deadline.signal.addEventListener('abort', () => order.push('abort'));
    deadline.whenNear(() => order.push('near'));
    await new Promise<void>((resolve) => deadline.whenOver(resolve));
    order.push('over');
    expect(order).toEqual(['abort', 'near', 'over']);
    expect(deadline.near).toBe(true);
  });

  it('that is noticed late still leaves whoever is aborted the time to answer', async () => {
    // The first sweep comes when all of the time is over.
    const deadline = new Deadlines(40).start(10);
    const order: string[] = [];
    deadline.signal.addEventListener('abort', () => {
      order.push('abort');
      setImmediate(() => order.push('answer'));
    });
    await new Promise<void>((resolve) => deadline.whenOver(resolve));
    expect([...order, 'over']).toEqual(['abort', 'answer', 'over']);
  });

  it('of a later start ends for itself', async () => {
    const deadlines = new Deadlines(1);
    const first = deadlines.start(30);
    const done = deadlines.start(30);
    done.done();
    const later = deadlines.start(60_000);
    await new Promise<void>((resolve) => first.whenOver(resolve));
    expect([first.near, done.near, later.near]).toEqual([true, false, false]);
    const again = deadlines.start(10);
    await new Promise<void>((resolve) => again.whenOver(resolve));
    expect([again.near, later.near]).toEqual([true, false]);
    later.done();
  });

  it('is noticed also after a time in which none was open', async () => {
    const deadlines = new Deadlines(1);
    deadlines.start(60_000).done();
    const other = new Deadlines(1).start(30);
    await new Promise<void>((resolve) => other.whenOver(resolve));
    const late = deadlines.start(10);
    await new Promise<void>((resolve) => late.whenOver(resolve));
    expect(late.near).toBe(true);
  });

  it('is cancelled at once, for those who asked before and for those who ask later', () => {
    const deadline = new Deadlines(1).start(60_000);
    const seen: string[] = [];
    deadline.whenNear(() => seen.push('near'));
    deadline.whenOver(() => seen.push('over'));
    deadline.cancel();
    expect(seen).toEqual(['near', 'over']);
    deadline.whenOver(() => seen.push('over already'));
    expect(seen).toEqual(['near', 'over', 'over already']);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal.reason).toEqual(new Error('the caller of the review is gone'));
  });

  it('tells nobody who has taken his call back', () => {
    const deadline = new Deadlines(1).start(60_000);
    let told = false;
    deadline.whenNear(() => {
      told = true;
    });
    deadline.whenNear(undefined);
    deadline.cancel();
    expect(told).toBe(false);
  });

  it('that is done does not abort', () => {
    const deadline = new Deadlines(1).start(60_000);
    deadline.done();
    expect(deadline.near).toBe(false);
    expect(deadline.signal.aborted).toBe(false);
  });
});
