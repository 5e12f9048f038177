import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerTimeout, Deadline } from '../../../src/server/deadline.ts';
import { TIMING } from '../../../src/server/limits.ts';

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
  /** What a deadline has done, in order. */
  function watched(timeout: number) {
    const deadline = new Deadline(timeout, new Date());
    const seen: string[] = [];
    deadline.signal.addEventListener('abort', () => seen.push(`abort: ${deadline.signal.reason.message}`));
    deadline.whenNear(() => seen.push('near'));
    const over = new Promise<void>((resolve) => deadline.whenOver(resolve)).then(
      () => void seen.push('over'),
    );
    return { deadline, seen, over };
  }

  it('aborts first and is over later, with time between to answer', async () => {
    const { deadline, seen, over } = watched(50);
    deadline.signal.addEventListener('abort', () => setImmediate(() => seen.push('answer')));
    await over;
    expect(seen).toEqual(['abort: the deadline of the review is near', 'near', 'answer', 'over']);
  });

  it('is cancelled at once, and once', async () => {
    const { deadline, seen, over } = watched(60_000);
    deadline.cancel();
    deadline.cancel();
    await over;
    expect(seen).toEqual(['abort: the caller of the review is gone', 'near', 'over']);
  });

  it('that is done does nothing more', async () => {
    const { deadline, seen } = watched(10);
    const other = watched(40);
    deadline.done();
    await other.over;
    expect(seen).toEqual([]);
    expect(deadline.signal.aborted).toBe(false);
  });
});
