import type { ReviewContext } from '../admission/reviewer.ts';
import { parseDuration } from '../text/goDuration.ts';
import { TIMING } from './limits.ts';

/**
 * How long the caller of a review waits, in milliseconds: `?timeout=10s` in the URL, as the API server sends it. The
 * default when it is missing or unreadable; at most {@link TIMING.maxReviewTimeout}.
 */
export function callerTimeout(url: string): number {
  const parsed = parseDuration(/[?&]timeout=([^&]*)/.exec(url)?.[1] ?? '');
  if (parsed === undefined || parsed <= 0) return TIMING.reviewTimeout;
  return Math.min(parsed, TIMING.maxReviewTimeout);
}

/**
 * The time that one review has, which is also what its reviewer gets beside the request. It is near its end a little before
 * the caller stops waiting, so that an answer still arrives, and over half of that later.
 *
 * All closures are private fields: a closure in a public one stays alive until the next full garbage collection, and with
 * it the whole review (V8 of Node 24; measured twice the CPU for a create).
 */
export class Deadline implements ReviewContext {
  readonly now: Date;
  readonly #step: ReviewContext['step'];
  #controller: AbortController | undefined;
  #aborted: Error | undefined;
  #timer: NodeJS.Timeout;
  #onNear: (() => void) | undefined;
  #onOver: (() => void) | undefined;

  /** `timeout`: how long the caller waits, in milliseconds; `now`: when the review began. */
  constructor(timeout: number, now: Date, step?: ReviewContext['step']) {
    this.now = now;
    this.#step = step;
    const margin = Math.min(500, timeout / 5);
    this.#timer = setTimeout(() => {
      this.#abort('the deadline of the review is near');
      this.#timer = setTimeout(() => this.#onOver?.(), margin / 2);
    }, timeout - margin);
  }

  /** Aborts when the deadline is near or the caller is gone; bounds every read of the review. Made when it is asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get step(): ReviewContext['step'] {
    return this.#step;
  }

  /** Calls back when the deadline is near or the caller is gone, in place of the listener before. */
  whenNear(listener: (() => void) | undefined): void {
    this.#onNear = listener;
  }

  /** Calls back when the deadline is over or the caller is gone, in place of the listener before. */
  whenOver(listener: () => void): void {
    this.#onOver = listener;
  }

  /** The caller is gone. */
  cancel(): void {
    this.done();
    this.#abort('the caller of the review is gone');
    this.#onOver?.();
  }

  /** The review is answered: nothing more happens. */
  done(): void {
    clearTimeout(this.#timer);
  }

  #abort(reason: string): void {
    if (this.#aborted) return;
    this.#aborted = new Error(reason);
    this.#controller?.abort(this.#aborted);
    this.#onNear?.();
  }
}
