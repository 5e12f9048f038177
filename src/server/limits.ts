/** Every time and size limit of the server. Times in milliseconds, sizes in bytes. */

const SECOND = 1_000;
const KIB = 1_024;
const MIB = 1_024 * KIB;

export const TIMING = {
  /** The deadline of a review whose caller names none; the default of the API server. */
  reviewTimeout: 10 * SECOND,
  /** The longest deadline that a caller may name; the most that a webhook configuration allows. */
  maxReviewTimeout: 30 * SECOND,
  /** The API server keeps idle connections for 90 s. A server that closes them earlier races with the next request. */
  keepAlive: 120 * SECOND,
  /** A TLS handshake, and then the head of a request, must arrive within this. Idle time between requests does not count. */
  head: 10 * SECOND,
  /** One whole request. A body has the deadline of its review besides, which is earlier. */
  request: 35 * SECOND,
  /** How long the connection stays open after an unread body was refused, so that the caller can read the answer. */
  linger: SECOND,
  /** After SIGTERM: not ready, still serving, `Connection: close` on every response. */
  drain: 10 * SECOND,
  /** After the drain: how long reviews in flight may take before their connections are cut. */
  closeDeadline: 10 * SECOND,
  /** How often certificate files are read. File events are not used: those of a swapped symlink go stale. */
  certificatePoll: SECOND / 2,
  /** How often the log repeats that there is no usable certificate. */
  certificateReminder: 30 * SECOND,
  /** How long a log line may wait to be written together with others. */
  logDelay: 100,
  /** At the end of the process: how long to wait for the reader of the log. */
  logFlush: SECOND,
  /** One request to the health port. */
  healthRequest: 5 * SECOND,
  /** How often overdue requests are looked for; the default of Node is 30 s. */
  requestCheck: SECOND,
} as const;

export const LIMITS = {
  /** The largest AdmissionReview: object and oldObject of 3 MiB each, which is twice what etcd stores, and the rest. */
  body: 7 * MIB,
  /** The part of each body that counts towards no shared limit, so that small reviews pass while large ones are refused. */
  freeBody: 32 * KIB,
  /** What all bodies in flight may hold together beyond their free parts, as bytes and then as the values in them. */
  allBodies: 32 * MIB,
  /** Values in one body; the largest honest reviews have a third of this. */
  values: 500_000,
  /** Memory of a parsed value: measured 20 to 60 bytes for the densest JSON. */
  bytesPerValue: 48,
  /** Reviews in flight; beyond this a quick 429 is better than a queue. */
  reviews: 256,
  /** Open connections; at the limit each new one takes the place of another. Each takes about 110 KiB of buffers for TLS. */
  connections: 512,
  /** Open connections of the health port. */
  healthConnections: 128,
  /** Log bytes that wait for a slow reader; further lines are dropped rather than a review delayed. */
  logBacklog: 4 * MIB,
  /** Log bytes that are written at once. A write costs about 50 µs, half of a denial, so some sixty lines share it. */
  logBatch: 48 * KIB,
} as const;

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

/** Frees the memory of a buffer, unless the buffer shares it with others. */
function freeNow({ buffer, length }: Buffer): void {
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

  /** False when there is no room for so many more bytes. */
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
   * Frees the chunks, and with them what `join` returned; the share stays taken. The memory of a large body is freed at once:
   * V8 would free it at its next full collection, and until then hold 200 MiB of bodies where 32 MiB are in flight (measured).
   */
  discard(): void {
    if (this.#taken > 0) for (const chunk of this.#chunks) freeNow(chunk);
    this.#chunks = [];
  }

  /** Frees the chunks and returns the share; may be called more than once. */
  release(): void {
    this.discard();
    if (this.#taken > 0) this.#capacity.take(-this.#taken);
    this.#taken = 0;
  }
}
