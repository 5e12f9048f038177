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

/**
 * The time that one review has. It ends a little before the caller's own, so that an answer still reaches the caller.
 * Most reviews are answered without having asked for any of it, so nothing is made in advance.
 */
export interface Deadline {
  /** Aborts when the time is nearly over, or by {@link Deadline.cancel}; bounds all I/O of the review. */
  readonly signal: AbortSignal;
  /** True from the moment at which `signal` is aborted. */
  readonly near: boolean;
  /** Calls back once when `signal` aborts, in place of the one that was set before; undefined for nobody. */
  whenNear(listener: (() => void) | undefined): void;
  /**
   * Calls back one sweep or more after the abort, or at once when that has been: whoever did not answer by then is
   * answered for.
   */
  whenOver(listener: () => void): void;
  /** The caller is gone: aborts now. */
  cancel(): void;
  /** The review is answered: nothing aborts any more. */
  done(): void;
}

/** All deadlines of one handler. They share a timer: one of its own for each costs more than a small review's decision. */
export class Deadlines {
  // Not a Set: one that changes all the time leaves old tables behind, which keep finished reviews from being collected.
  readonly #open: OpenDeadline[] = [];
  readonly #sweepMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `sweepMs`: how late a deadline may be noticed, in milliseconds. */
  constructor(sweepMs: number = TIMING.deadlineSweep) {
    this.#sweepMs = sweepMs;
  }

  /** Starts a deadline; `timeout` in milliseconds. */
  start(timeout: number): Deadline {
    const deadline = new OpenDeadline(performance.now() + timeout, Math.min(500, timeout / 5), this.#open);
    this.#timer ??= setInterval(() => this.#sweep(), this.#sweepMs).unref();
    return deadline;
  }

  #sweep(): void {
    const now = performance.now();
    // From the end: one that ends takes the last one's place.
    for (let index = this.#open.length - 1; index >= 0; index--) this.#open[index]?.check(now);
    if (this.#open.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

class OpenDeadline implements Deadline {
  readonly #end: number;
  readonly #margin: number;
  readonly #open: OpenDeadline[];
  #index: number;
  #reason: Error | undefined;
  #over = false;
  #controller: AbortController | undefined;
  #onNear: (() => void) | undefined;
  #onOver: (() => void) | undefined;

  constructor(end: number, margin: number, open: OpenDeadline[]) {
    this.#end = end;
    this.#margin = margin;
    this.#open = open;
    this.#index = open.push(this) - 1;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get near(): boolean {
    return this.#reason !== undefined;
  }

  whenNear(listener: (() => void) | undefined): void {
    this.#onNear = listener;
  }

  whenOver(listener: () => void): void {
    if (this.#over) listener();
    else this.#onOver = listener;
  }

  cancel(): void {
    this.#abort(new Error('the caller of the review is gone'));
    this.#finish();
  }

  done(): void {
    if (this.#index < 0) return;
    const last = this.#open.pop();
    if (last !== undefined && last !== this) {
      this.#open[this.#index] = last;
      last.#index = this.#index;
    }
    this.#index = -1;
  }

  check(now: number): void {
    // One step per sweep: whoever is aborted by a sweep that comes late still has until the next one to answer.
    if (this.near) {
      if (now >= this.#end - this.#margin / 2) this.#finish();
    } else if (now >= this.#end - this.#margin) this.#abort(new Error('the deadline of the review is near'));
  }

  #abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#onNear?.();
  }

  #finish(): void {
    this.done();
    this.#over = true;
    this.#onOver?.();
    this.#onOver = undefined;
  }
}
