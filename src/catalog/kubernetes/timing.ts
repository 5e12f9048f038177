import type { Clock } from './clock.ts';

/** How patient a reflector is; all times in milliseconds. */
export interface ReflectorTiming {
  readonly backoff: { readonly first: number; readonly max: number };
  /** No longer than this is waited because a server asked for it. */
  readonly maxRetryAfter: number;
  /** For a page of a list to begin and for each of its pauses, and for a watch to be accepted. */
  readonly answer: number;
  /** Bytes in a millisecond that a page must keep up over time: one that drips is given up like one that hangs. */
  readonly bytesPerMs: number;
  /** Without a valid event for this long a watch counts as broken and is opened again where it stood. */
  readonly idle: number;
  /** A watch that ends sooner counts as failed, so that a server which ends every watch is not asked in a loop. */
  readonly shortWatch: number;
  /** Between two looks whether a missing CRD is there. */
  readonly missingKind: number;
  /**
   * `timeoutSeconds` of a watch, in seconds, drawn at random so that replicas do not come back together. Below `idle`: the
   * API server sends a bookmark 2 s before and then ends the watch, so only a connection that is broken is silent for
   * longer, and a quiet kind has a position that has not expired.
   */
  readonly watchSeconds: { readonly min: number; readonly max: number };
  /** Objects in one page. */
  readonly pageSize: number;
  /** Work on many objects pauses after this long, so that reviews in between are answered. */
  readonly slice: number;
}

/**
 * An object must be right again at most 30 s after any fault ends: an answer that hangs (10 s) followed by the longest
 * wait (15 s) is below that, and so is a silent watch (20 s). A watch that ends costs one cheap request and no list.
 */
export const REFLECTOR_TIMING: ReflectorTiming = {
  backoff: { first: 800, max: 15_000 },
  maxRetryAfter: 15_000,
  answer: 10_000,
  bytesPerMs: 512,
  idle: 20_000,
  shortWatch: 1_000,
  missingKind: 10_000,
  watchSeconds: { min: 16, max: 19 },
  pageSize: 500,
  slice: 5,
};

/**
 * The wait before attempt number `failures + 1`: doubled for each failure up to the maximum, then between half of it
 * and all of it, by chance.
 */
export function backoffMs(timing: ReflectorTiming, failures: number, clock: Clock): number {
  const doubled = timing.backoff.first * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  return Math.min(doubled, timing.backoff.max) * (0.5 + clock.random() / 2);
}

/** A number between the two, by chance. */
export function between(range: { readonly min: number; readonly max: number }, clock: Clock): number {
  return range.min + (range.max - range.min) * clock.random();
}
