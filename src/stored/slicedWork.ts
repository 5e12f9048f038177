/** How much of the event loop a work takes. In milliseconds. */
export interface SliceTiming {
  /** From a change until the work on it begins, so that a burst of changes is one work. */
  readonly delay: number;
  /** Of work in one go; a review waits no longer than this, and for the last step. */
  readonly slice: number;
  /** Between two slices, at least. */
  readonly pause: number;
  /** Between two slices, as a multiple of the time that the last one took. */
  readonly rest: number;
}

/** At most 1 % of one core, with room for what the timers themselves cost. */
const TIMING: SliceTiming = { delay: 1_000, slice: 2, pause: 200, rest: 120 };

export interface SlicedWorkDeps {
  /** Does the next step. Returns false when there is none. */
  readonly step: () => boolean;
  /** Called each time when no step is left. */
  readonly onDone: () => void;
  /** Milliseconds from a fixed moment. */
  readonly clock: () => number;
  readonly timing?: SliceTiming | undefined;
}

/** Does steps in slices of some milliseconds with long pauses between them. It has no timer while there is nothing to do. */
export class SlicedWork {
  readonly #deps: SlicedWorkDeps;
  readonly #timing: SliceTiming;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: SlicedWorkDeps) {
    this.#deps = deps;
    this.#timing = deps.timing ?? TIMING;
  }

  /** Begins soon, unless a slice is due already. */
  wake(): void {
    this.#after(this.#timing.delay);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #after(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#slice();
    }, ms).unref();
  }

  #slice(): void {
    const { step, onDone, clock } = this.#deps;
    const { slice, pause, rest } = this.#timing;
    const began = clock();
    let spent = 0;
    while (spent < slice) {
      if (!step()) {
        onDone();
        return;
      }
      spent = clock() - began;
    }
    this.#after(Math.max(pause, spent * rest));
  }
}
