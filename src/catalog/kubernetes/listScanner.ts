import { MAX_OBJECT_BYTES, MalformedAnswer } from './malformed.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ITEMS_KEY = /"items"\s*:\s*$/;
/** Characters before a bracket in which the key is looked for. */
const KEY_WINDOW = 64;
/** The list without its items, in characters: some hundred in truth. */
const MAX_FRAME = 1024 * 1024;

/**
 * Cuts the JSON text of a list into its items while it arrives, so that no page of many MiB is ever parsed, or held,
 * in one piece: that would block the event loop for tens of milliseconds and leave the heap twice its size.
 * It only finds where items end; whether they are JSON, JSON.parse decides.
 */
export class ListScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;
  /** Where the piece that is read now has its next backslash, once looked for. */
  #backslash = -1;
  /** The list without its items, and the item that has not ended yet. */
  readonly #frame: string[] = [];
  #frameLength = 0;
  #frameEnd = '';
  #item: string[] = [];
  #itemLength = 0;

  /** Takes the next piece of text and returns the texts of the items that end in it. */
  push(text: string): string[] {
    const items: string[] = [];
    let from = 0;
    const endItem = (end: number) => {
      const item = this.#item.join('') + text.slice(from, end);
      this.#item = [];
      this.#itemLength = 0;
      from = end + 1;
      if (item.trim() !== '') items.push(item);
    };
    this.#backslash = -1;
    let at = this.#skipString(text, 0);
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#inString = true;
        at = this.#skipString(text, at + 1) - 1;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        this.#depth++;
        if (this.#depth === 2 && code === OPEN_BRACKET && this.#isItems(text, from, at)) {
          this.#addToFrame(text.slice(from, at + 1));
          this.#inItems = true;
          from = at + 1;
        }
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (this.#inItems && this.#depth === 2) {
          endItem(at);
          this.#inItems = false;
          from = at;
        }
        this.#depth--;
      } else if (code === COMMA && this.#inItems && this.#depth === 2) endItem(at);
    }
    if (this.#inItems) this.#addToItem(text.slice(from));
    else this.#addToFrame(text.slice(from));
    return items;
  }

  #addToItem(piece: string): void {
    this.#item.push(piece);
    this.#itemLength += piece.length;
    if (this.#itemLength > MAX_OBJECT_BYTES)
      throw new MalformedAnswer(`an object is larger than ${MAX_OBJECT_BYTES} bytes`);
  }

  #addToFrame(piece: string): void {
    this.#frame.push(piece);
    this.#frameLength += piece.length;
    this.#frameEnd = (this.#frameEnd + piece.slice(-KEY_WINDOW)).slice(-KEY_WINDOW);
    if (this.#frameLength > MAX_FRAME)
      throw new MalformedAnswer(`beside its items the list is larger than ${MAX_FRAME} bytes`);
  }

  /**
   * The index after the string that `at` is in, or the length of the text when it goes on in the next piece. Most bytes of a
   * list are in strings, and `indexOf` looks at many of them at once.
   */
  #skipString(text: string, from: number): number {
    let at = from;
    while (this.#inString && at < text.length) {
      if (this.#escaped) {
        this.#escaped = false;
        at++;
        continue;
      }
      const quote = text.indexOf('"', at);
      const end = quote < 0 ? text.length : quote;
      const backslash = this.#nextBackslash(text, at);
      if (backslash < end) {
        this.#escaped = true;
        at = backslash + 1;
      } else {
        this.#inString = quote < 0;
        at = quote < 0 ? text.length : quote + 1;
      }
    }
    return at;
  }

  /** The next backslash of the piece, looked for again only when the last one is behind. */
  #nextBackslash(text: string, from: number): number {
    if (this.#backslash >= from) return this.#backslash;
    const found = text.indexOf('\\', from);
    this.#backslash = found < 0 ? Number.POSITIVE_INFINITY : found;
    return this.#backslash;
  }

  /** Whether the bracket at `at` opens the items; the frame goes on from `from`. */
  #isItems(text: string, from: number, at: number): boolean {
    return ITEMS_KEY.test(this.#frameEnd + text.slice(Math.max(from, at - KEY_WINDOW), at));
  }

  /** The list without its items, once the text has ended. Throws MalformedAnswer when it is no JSON. */
  frame(): unknown {
    try {
      return JSON.parse(this.#frame.join(''));
    } catch {
      throw new MalformedAnswer('it is no JSON');
    }
  }
}
