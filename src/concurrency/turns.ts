interface Waiting {
  readonly size: number;
  start(): void;
}

/**
 * Runs tasks at the same time while their sizes together stay within a limit; without sizes, as many as the limit says. Other
 * tasks wait; one that fits starts before a larger one that came earlier. A task that is larger than the limit runs alone.
 */
export class Turns {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(work: () => Promise<T>, given = 1): Promise<T> {
    const size = Math.min(given, this.#limit);
    if (this.#used + size <= this.#limit) this.#used += size;
    else await new Promise<void>((start) => this.#waiting.push({ size, start }));
    try {
      return await work();
    } finally {
      this.#used -= size;
      this.#startAll();
    }
  }

  #startAll(): void {
    let place = 0;
    while (this.#used < this.#limit && place < this.#waiting.length) {
      const next = this.#waiting[place];
      if (next === undefined || this.#used + next.size > this.#limit) {
        place++;
        continue;
      }
      this.#waiting.splice(place, 1);
      this.#used += next.size;
      next.start();
    }
  }
}
