import { quoted } from '../../text/line.ts';
import type { Token } from './tokens.ts';

const MAX_SHOWN = 40;

/** The first token that the grammar does not allow where it stands. */
export class SyntaxFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** The place in the tokens of a policy, and what is read in several places of its grammar. Throws a {@link SyntaxFault}. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  /** Throws the fault that something else was expected. */
  fail(expected: string, token = this.next): never {
    const found = token.kind === 'end' ? 'the end' : quoted(token.text.slice(0, MAX_SHOWN));
    throw new SyntaxFault(token.at, `expected ${expected}, found ${found}`);
  }

  skip(): void {
    this.#position++;
  }

  /** Takes the next token if it has the text. */
  take(text: string): boolean {
    if (this.next.text !== text) return false;
    this.#position++;
    return true;
  }

  /** Takes the next token, which must have the text. */
  expect(text: string): void {
    if (!this.take(text)) this.fail(quoted(text));
  }

  /** Takes the next token, which must be of the kind. */
  kind(kind: Token['kind'], what: string): Token {
    const token = this.next;
    if (token.kind !== kind) this.fail(what);
    this.#position++;
    return token;
  }

  /** A text; `\*` is an escape of patterns only. */
  text(what: string, isPattern = false): string {
    const token = this.kind('text', what);
    const escapes = [...token.text.matchAll(/\\(x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]+\}|.)/g)];
    for (const [whole, named = ''] of escapes) {
      const code = /^[xu]\{?([0-9A-Fa-f]+)/.exec(named)?.[1];
      const value = code === undefined ? 0 : Number.parseInt(code, 16);
      const isRight = named.startsWith('u')
        ? value <= 0x10ffff && (value < 0xd800 || value > 0xdfff)
        : value <= 127;
      if (!isRight || (named === '*' && !isPattern)) this.fail(`a text without ${whole}`, token);
    }
    return token.text;
  }

  /** `Type::"id"` with any number of namespaces. */
  entity(): void {
    this.kind('name', 'an entity such as Client::"alice"');
    this.expect('::');
    while (this.next.kind === 'name') {
      this.skip();
      this.expect('::');
    }
    this.text('the id of an entity in quotes');
  }

  /** The type of an entity, with any number of namespaces. */
  path(): void {
    do this.kind('name', 'the type of an entity');
    while (this.take('::'));
  }

  /** Items with commas between them, and one behind the last if wanted, up to the end of the list. */
  list(end: string, item: () => void): number {
    let count = 0;
    while (!this.take(end)) {
      item();
      count++;
      if (!this.take(',') && this.next.text !== end) this.fail(`"," or ${quoted(end)}`);
    }
    return count;
  }
}
