import type { Clock } from './clock.ts';

/** Calls back when nothing was heard for a time: a half-open connection never says that it is broken. */
export class IdleGuard {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #last: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, ms: number, onIdle: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#last = clock.now();
    this.#arm(ms);
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#last + this.#ms - this.#clock.now();
      if (left <= 0) this.#onIdle();
      else this.#arm(left);
    });
  }

  heard(): void {
    this.#last = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }
}
