import { TIMING } from './timing.ts';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const DURATION = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|μs|ms|s|m|h)){1,6}$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g;

/** A duration as Go prints it (`10s`, `1m30s`, `500ms`), in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  return total;
}

/**
 * The time that the caller of a review gives it, in milliseconds: `?timeout=10s` in the URL, as the API server
 * sends it. A missing or unreadable one is the default; never more than the cap.
 */
export function callerTimeout(url: string): number {
  const query = url.indexOf('?');
  if (query < 0) return TIMING.reviewTimeout;
  const value = new URLSearchParams(url.slice(query + 1)).get('timeout');
  const parsed = value === null ? undefined : parseDuration(value);
  if (parsed === undefined || parsed <= 0) return TIMING.reviewTimeout;
  return Math.min(parsed, TIMING.maxReviewTimeout);
}

/** The time that one review has. */
export interface Deadline {
  /** Aborts when the time is nearly over, or by {@link Deadline.cancel}; bounds all I/O of the review. */
  readonly signal: AbortSignal;
  /** Resolves shortly after the abort by time: whoever did not answer by then is answered for. Never rejects. */
  readonly over: Promise<void>;
  /** The caller is gone: aborts now. */
  cancel(): void;
  /** The review is answered: nothing aborts any more. */
  done(): void;
}

/** Starts a deadline of `timeout` milliseconds. It ends a little earlier, so that an answer still reaches the caller. */
export function startDeadline(timeout: number): Deadline {
  const margin = Math.min(500, timeout / 5);
  const controller = new AbortController();
  let last: NodeJS.Timeout | undefined;
  let resolveOver: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    resolveOver = resolve;
  });
  const first = setTimeout(() => {
    controller.abort(new Error('the deadline of the review is near'));
    last = setTimeout(resolveOver, margin / 2);
  }, timeout - margin);
  const done = () => {
    clearTimeout(first);
    clearTimeout(last);
  };
  return {
    signal: controller.signal,
    over,
    cancel: () => {
      done();
      controller.abort(new Error('the caller of the review is gone'));
      resolveOver();
    },
    done,
  };
}
