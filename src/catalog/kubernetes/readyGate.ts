import type { Readiness } from '../catalog.ts';

/** Opens once, for good; lets whoever needs it wait for that. */
export class ReadyGate implements Readiness {
  #complete = false;
  readonly #waiting = new Set<() => void>();

  get complete(): boolean {
    return this.#complete;
  }

  open(): void {
    this.#complete = true;
    for (const done of this.#waiting) done();
  }

  wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve(this.#complete);
      };
      if (this.#complete || signal.aborted) return resolve(this.#complete);
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
