/** Bodies that are kept to be compared with the next answer. */
const MAX_BYTES = 8 * 1024 * 1024;

interface Remembered {
  readonly body: Buffer;
  readonly value: unknown;
}

/**
 * The last bodies of paths that are read again and again. Each read still asks the API server; only when its answer is
 * the same byte for byte is the value of last time given back, the very object, so that neither it nor anything that
 * was made from it has to be made again.
 */
export class RememberedBodies {
  readonly #maxBytes: number;
  // In order of last use.
  readonly #byPath = new Map<string, Remembered>();
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The JSON value of the body. Throws a SyntaxError when it has none. */
  parse(path: string, body: Buffer): unknown {
    const known = this.#byPath.get(path);
    const same = known?.body.equals(body);
    const value: unknown = same ? known?.value : JSON.parse(body.toString('utf8'));
    if (known) this.#forget(path, known);
    this.#byPath.set(path, { body, value });
    this.#bytes += body.length;
    for (const [oldest, entry] of this.#byPath) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest, entry);
    }
    return value;
  }

  #forget(path: string, entry: Remembered): void {
    this.#byPath.delete(path);
    this.#bytes -= entry.body.length;
  }
}
