import type { Clock } from './clock.ts';

/** Calls back when nothing good was heard for a time: a half-open connection never says that it is broken. */
export class IdleGuard {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #end: number;
  #cancel: () => void = () => {};

  /** `ms`: the time without a word, in milliseconds. */
  constructor(clock: Clock, ms: number, onIdle: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#end = clock.now() + ms;
    this.#arm(ms);
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#end - this.#clock.now();
      if (left <= 0) this.#onIdle();
      else this.#arm(left);
    });
  }

  /** The whole time again. */
  heard(): void {
    this.#end = this.#clock.now() + this.#ms;
  }

  /** Some more milliseconds, up to the whole time. */
  earn(ms: number): void {
    this.#end = Math.min(this.#end + ms, this.#clock.now() + this.#ms);
  }

  stop(): void {
    this.#cancel();
  }
}
