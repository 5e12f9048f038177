/** A part of a process: something that listens, reads again or works in the background until it is stopped. */
export interface Part {
  /** A part without it works from the moment that it is made. */
  start?(): void | Promise<void>;
  /** Ends the part. Also called when the part was not started or not completely: nothing of it is open afterwards. */
  stop(): void | Promise<void>;
}

/** The parts of one process. They start one after another in the order of the list, and stop in the same order. */
export class Parts {
  readonly #parts: readonly Part[];
  #stopping: Promise<void> | undefined;

  constructor(parts: readonly (Part | undefined)[]) {
    this.#parts = parts.filter((part) => part !== undefined);
  }

  /** Starts all parts. When one fails, or a stop comes before the end, rejects after all parts are stopped. */
  async start(): Promise<void> {
    try {
      for (const part of this.#parts) {
        if (this.#stopping !== undefined) throw new Error('stopped during the start');
        await part.start?.();
      }
    } catch (error) {
      // Why it did not start is what a person has to know.
      await this.stop().catch(() => {});
      throw error;
    }
  }

  /** Stops all parts, once. A part that cannot stop does not keep the others from it; rejects with its error in the end. */
  readonly stop = (): Promise<void> => {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  };

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const part of this.#parts)
      try {
        await part.stop();
      } catch (error) {
        errors.push(error);
      }
    if (errors.length > 0) throw errors[0];
  }
}
