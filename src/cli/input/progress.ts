/** What a progress line is written to. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Nothing is shown before this, since most clusters are read by then; in milliseconds. */
const PATIENCE_MS = 1_500;
/** Between two updates of the line, in milliseconds. */
const INTERVAL_MS = 200;
const CLEAR = '\r\u001b[K';

/** A line that counts the objects read, for a person at a terminal who waits. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #next: number;
  #objects = 0;
  #shown = false;

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#next = now() + PATIENCE_MS;
  }

  add(objects: number): void {
    this.#objects += objects;
    if (!this.#terminal.isTTY || this.#now() < this.#next) return;
    this.#next = this.#now() + INTERVAL_MS;
    this.#shown = true;
    this.#terminal.write(`${CLEAR}${this.#objects.toLocaleString('en-GB')} objects read from the cluster`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#shown) this.#terminal.write(CLEAR);
    this.#shown = false;
  }
}
