/** Yields to the event loop when a slice of work is used up. */
export type Pause = () => Promise<void>;

/** Milliseconds of work in one go: a review that waits for the base config of another one waits no longer than this. */
const SLICE = 5;

/** Counts slices over all work that shares the function. */
export function slices(): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}

interface Waiting {
  readonly size: number;
  start(): void;
}

/**
 * Runs tasks at the same time while their sizes together stay within a limit. Other tasks wait; one that fits starts
 * before a larger one that came earlier. A task that is larger than the limit runs alone.
 */
export class Turns {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(given: number, work: () => Promise<T>): Promise<T> {
    const size = Math.min(given, this.#limit);
    await new Promise<void>((start) => {
      this.#waiting.push({ size, start });
      this.#startAll();
    });
    try {
      return await work();
    } finally {
      this.#used -= size;
      this.#startAll();
    }
  }

  #startAll(): void {
    for (const next of [...this.#waiting]) {
      if (this.#used + next.size > this.#limit) continue;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#used += next.size;
      next.start();
    }
  }
}
