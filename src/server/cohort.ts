import { LIMITS } from './timing.ts';

/**
 * Lets the reviews that arrive in one turn of the event loop go on together at its end: all are read first, then all are
 * decided, then all are answered. Each step finds its code in the processor's caches, and a caller that gets several
 * answers is woken once (cohort scheduling: Larus and Parkes, USENIX 2002). One that is alone waits for nobody.
 */
export class Cohort {
  readonly #size: number;
  #waiting: (() => void)[] = [];

  /** `size`: how many go on at a time. The next ones follow in the next turn, so that many do not fill all places. */
  constructor(size: number = LIMITS.cohort) {
    this.#size = size;
  }

  /** Resolves after everything that has arrived in this turn was read, in the order of the calls. */
  join(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#release);
    });
  }

  readonly #release = () => {
    const released = this.#waiting;
    this.#waiting = released.splice(this.#size);
    if (this.#waiting.length > 0) setImmediate(this.#release);
    for (const goOn of released) goOn();
  };
}
