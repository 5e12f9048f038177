import { LIMITS } from './timing.ts';

/** What one server may hold at a time. */
export interface CapacityLimits {
  /** Reviews that are being worked on. */
  readonly reviews: number;
  /** Bytes of bodies beyond the free part of each. */
  readonly allBodies: number;
  /** Bytes of each body that count for nothing. */
  readonly freeBody: number;
}

/** Counts what reviews hold, so that memory is bounded whatever arrives. */
export class Capacity {
  readonly #limits: CapacityLimits;
  #reviews = 0;
  #bytes = 0;

  constructor(limits: Partial<CapacityLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  get reviews(): number {
    return this.#reviews;
  }

  get bodyBytes(): number {
    return this.#bytes;
  }

  /** Takes the place of one review; false when there is none left. */
  enter(): boolean {
    if (this.#reviews >= this.#limits.reviews) return false;
    this.#reviews++;
    return true;
  }

  leave(): void {
    this.#reviews--;
  }

  /** A ledger for one body; each knows only what it took itself. */
  body(): BodyShare {
    return new BodyShare(this, this.#limits.freeBody);
  }

  /** Takes so many bytes, or gives them back when negative; false when there is no room for them. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limits.allBodies) return false;
    this.#bytes += bytes;
    return true;
  }
}

/** One body's part of the memory for bodies. */
export class BodyShare {
  readonly #capacity: Capacity;
  readonly #free: number;
  #size = 0;
  #taken = 0;

  constructor(capacity: Capacity, free: number) {
    this.#capacity = capacity;
    this.#free = free;
  }

  /** False when there is no room for so many more bytes. */
  grow(bytes: number): boolean {
    const more = Math.max(0, this.#size + bytes - this.#free) - this.#taken;
    if (!this.#capacity.take(more)) return false;
    this.#size += bytes;
    this.#taken += more;
    return true;
  }

  /** Gives everything back; may be called more than once. */
  release(): void {
    if (this.#taken > 0) this.#capacity.take(-this.#taken);
    this.#taken = 0;
  }
}
