import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSampled, newTraceId, parseTraceparent } from '../../../src/tracing/span.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent header', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
    [`00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, sampled: false }],
    [`00-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, sampled: true }],
    // A later version may say more.
    [`01-${TRACE}-${SPAN}-01-more`, { traceId: TRACE, spanId: SPAN, sampled: true }],
    [`00-${TRACE}-${SPAN}-01-more`, undefined],
    [`ff-${TRACE}-${SPAN}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(parseTraceparent(header)).toEqual(expected);
  });
});

describe('a sampler', () => {
  const parent = (sampled: boolean) => ({ traceId: TRACE, spanId: SPAN, sampled });

  it('that follows its parent does as that one did, whatever the share', () => {
    for (const ratio of [0, 1])
      for (const sampled of [true, false])
        expect(isSampled({ followsParent: true, ratio }, parent(sampled), TRACE)).toBe(sampled);
  });

  it('takes all, none, or a share that grows with the ratio, whatever its parent did', () => {
    const ids = fc.integer().map(() => newTraceId());
    const ratios = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ids, ratios, ratios, (id, a, b) => {
        const sampled = (ratio: number) => isSampled({ followsParent: false, ratio }, parent(false), id);
        expect([sampled(0), sampled(1)]).toEqual([false, true]);
        if (sampled(Math.min(a, b))) expect(sampled(Math.max(a, b))).toBe(true);
      }),
    );
  });
});
