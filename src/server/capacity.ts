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
    let size = 0;
    let taken = 0;
    return {
      grow: (bytes) => {
        const more = Math.max(0, size + bytes - this.#limits.freeBody) - taken;
        if (this.#bytes + more > this.#limits.allBodies) return false;
        size += bytes;
        taken += more;
        this.#bytes += more;
        return true;
      },
      release: () => {
        this.#bytes -= taken;
        taken = 0;
      },
    };
  }
}

/** One body's part of the memory for bodies. */
export interface BodyShare {
  /** False when there is no room for so many more bytes. */
  grow(bytes: number): boolean;
  /** Gives everything back; may be called more than once. */
  release(): void;
}
