import { keyOf } from './holdings.ts';
import { MalformedAnswer } from './malformed.ts';
import type { RawObject } from './rawObject.ts';

/** How much all lists that are under way may bring in together. */
export interface ListLimits {
  /** Bytes of text. */
  readonly bytes: number;
  readonly objects: number;
}

/**
 * A catalog is made for 10,000 objects, of 13 KiB each here: ten times what they have. What is kept of a list until it is
 * complete is less than its text, so a list without end is left before it fills the heap.
 */
export const LIST_LIMITS: ListLimits = { bytes: 128 * 1024 * 1024, objects: 100_000 };

/** What the lists under way have brought in; they share it, since they share the heap. */
export class ListBudget {
  readonly #limits: ListLimits;
  #bytes = 0;
  #objects = 0;

  constructor(limits: ListLimits = LIST_LIMITS) {
    this.#limits = limits;
  }

  /** Notes what has come in, or what is left of it. Throws MalformedAnswer when it is too much. */
  take(bytes: number, objects: number): void {
    this.#bytes += bytes;
    this.#objects += objects;
    const { bytes: maxBytes, objects: maxObjects } = this.#limits;
    if (this.#bytes > maxBytes)
      throw new MalformedAnswer(`the lists under way are larger than ${maxBytes} bytes`);
    if (this.#objects > maxObjects)
      throw new MalformedAnswer(`the lists under way have more than ${maxObjects} objects`);
  }

  /** The list is complete or given up: what it brought in no longer counts. */
  giveBack(bytes: number, objects: number): void {
    this.#bytes -= bytes;
    this.#objects -= objects;
  }
}

/** A server that never ends a list is wrong: with pages of 500 these are five times as many objects as may be. */
const MAX_PAGES = 1_000;
/** From then on the pages must hold a tenth of what was asked for: small ones cost a request each. */
const FREE_PAGES = 20;

/** Watches over the pages of one list. Every method throws MalformedAnswer for what no API server sends. */
export class ListProgress {
  readonly #budget: ListBudget;
  readonly #pageSize: number;
  readonly #keys = new Set<string>();
  #bytes = 0;
  #objects = 0;
  #pages = 0;
  #before = 0;

  constructor(budget: ListBudget, pageSize: number) {
    this.#budget = budget;
    this.#pageSize = pageSize;
  }

  chunk(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.take(bytes, 0);
  }

  item(identity: RawObject): void {
    this.#objects++;
    this.#budget.take(0, 1);
    if (this.#keys.size === this.#keys.add(keyOf(identity)).size)
      throw new MalformedAnswer('the list has the same object twice');
  }

  /** A page has ended; `more` says whether another one is to follow. */
  page(more: boolean): void {
    this.#pages++;
    if (more && this.#objects === this.#before)
      throw new MalformedAnswer('a page of the list is empty and not the last');
    if (more && this.#pages >= MAX_PAGES)
      throw new MalformedAnswer(`the list has more than ${MAX_PAGES} pages`);
    if (more && this.#pages >= FREE_PAGES && this.#objects * 10 < this.#pages * this.#pageSize)
      throw new MalformedAnswer('the pages of the list are nearly empty');
    this.#before = this.#objects;
  }

  end(): void {
    this.#budget.giveBack(this.#bytes, this.#objects);
  }
}
