import { LIMITS } from './limits.ts';

/** What one server may hold at a time. */
export type CapacityLimits = Pick<Record<keyof typeof LIMITS, number>, 'reviews' | 'allBodies' | 'freeBody'>;

/** Counts what all reviews in flight hold, so that memory is bounded. */
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

  /** The share of one body, which holds nothing yet. */
  body(): BodyShare {
    return new BodyShare(this, this.#limits.freeBody);
  }

  /** Takes so many bytes, or returns them when negative; false when there is no room for them. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limits.allBodies) return false;
    this.#bytes += bytes;
    return true;
  }
}

/** Gives the memory of a buffer back, unless the buffer shares it with others. */
function giveBack({ buffer, length }: Buffer): void {
  if (buffer.byteLength === length) (buffer as ArrayBuffer).transfer(0);
}

/** The memory of one body: its chunks, and how much of what all bodies may hold it has taken. */
export class BodyShare {
  readonly #capacity: Capacity;
  readonly #free: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #taken = 0;

  constructor(capacity: Capacity, free: number) {
    this.#capacity = capacity;
    this.#free = free;
  }

  /** Takes so many more bytes; false when there is no room for them. */
  grow(bytes: number): boolean {
    const more = Math.max(0, this.#size + bytes - this.#free) - this.#taken;
    if (!this.#capacity.take(more)) return false;
    this.#size += bytes;
    this.#taken += more;
    return true;
  }

  /** Keeps a chunk; false when there is no room for it. */
  add(chunk: Buffer): boolean {
    if (!this.grow(chunk.length)) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** The chunks as one buffer. A single chunk is not copied: the copy is memory outside the heap, and doubled a create's CPU. */
  join(): Buffer {
    const [first] = this.#chunks;
    if (first && this.#chunks.length === 1) return first;
    const whole = Buffer.concat(this.#chunks);
    this.discard();
    this.#chunks = [whole];
    return whole;
  }

  /**
   * Frees the chunks, and with them what `join` returned; the share stays taken. The memory of a large body is freed at once.
   * V8 would free it at its next full collection: up to 285 MiB of bodies where 32 MiB are in flight (docs/reliability.md).
   */
  discard(): void {
    if (this.#taken > 0) for (const chunk of this.#chunks) giveBack(chunk);
    this.#chunks = [];
  }

  /** Frees the chunks and returns the share; may be called more than once. */
  release(): void {
    this.discard();
    if (this.#taken > 0) this.#capacity.take(-this.#taken);
    this.#taken = 0;
  }
}
