/** Bodies that are kept to be compared with the next answer. */
const MAX_BYTES = 8 * 1024 * 1024;

interface Remembered {
  readonly body: Buffer;
  readonly value: unknown;
  /** Counts up with every read; the lowest one is the longest unused. */
  usedAt: number;
}

/** A copy in memory of its own: a chunk of an answer is a view of the 64 KiB that were read with it. */
function owned(body: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(body.length);
  body.copy(copy);
  return copy;
}

/**
 * The last bodies of paths that are read again and again. Each read still asks the API server; only when its answer is
 * the same byte for byte is the value of last time given back, the very object, so that neither it nor anything that
 * was made from it has to be made again.
 */
export class RememberedBodies {
  readonly #maxBytes: number;
  readonly #byPath = new Map<string, Remembered>();
  #bytes = 0;
  #reads = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The JSON value of the body. Throws a SyntaxError when it has none. */
  parse(path: string, body: Buffer): unknown {
    const known = this.#byPath.get(path);
    const usedAt = ++this.#reads;
    if (known?.body.equals(body)) {
      known.usedAt = usedAt;
      return known.value;
    }
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (known) this.#forget(path, known);
    this.#byPath.set(path, { body: owned(body), value, usedAt });
    this.#bytes += body.length;
    if (this.#bytes > this.#maxBytes) this.#makeRoom();
    return value;
  }

  /** Forgets what was not used for longest until a quarter is free, so that it seldom has to be sorted out. */
  #makeRoom(): void {
    for (const [path, entry] of [...this.#byPath].sort(([, a], [, b]) => a.usedAt - b.usedAt)) {
      if (this.#bytes <= this.#maxBytes * 0.75) return;
      this.#forget(path, entry);
    }
  }

  #forget(path: string, entry: Remembered): void {
    this.#byPath.delete(path);
    this.#bytes -= entry.body.length;
  }
}
