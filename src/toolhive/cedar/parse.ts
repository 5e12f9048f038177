import { Cursor, SyntaxFault } from './cursor.ts';
import { Expressions, TooDeep } from './expressions.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Reads one policy, or throws a {@link SyntaxFault} at the first token that the grammar does not allow there. */
class PolicyReader {
  readonly #cursor: Cursor;
  readonly #expressions: Expressions;

  constructor(tokens: readonly Token[]) {
    this.#cursor = new Cursor(tokens);
    this.#expressions = new Expressions(this.#cursor);
  }

  /** Reads one policy up to its semicolon, and returns the token behind it. */
  policy(): Token {
    this.#annotations();
    if (!this.#cursor.take('permit') && !this.#cursor.take('forbid')) this.#cursor.fail('permit or forbid');
    this.#cursor.expect('(');
    this.#scope('principal');
    this.#cursor.expect(',');
    this.#action();
    this.#cursor.expect(',');
    this.#scope('resource');
    this.#cursor.take(',');
    this.#cursor.expect(')');
    while (this.#cursor.take('when') || this.#cursor.take('unless')) {
      this.#cursor.expect('{');
      this.#expressions.expression();
      this.#cursor.expect('}');
    }
    this.#cursor.expect(';');
    return this.#cursor.next;
  }

  #annotations(): void {
    const names = new Set<string>();
    while (this.#cursor.take('@')) {
      const token = this.#cursor.next;
      if (token.kind !== 'name' && token.kind !== 'keyword') this.#cursor.fail('the name of an annotation');
      if (names.has(token.text)) this.#cursor.fail('an annotation only once');
      names.add(token.text);
      this.#cursor.skip();
      if (this.#cursor.take('(')) {
        this.#cursor.text('a text');
        this.#cursor.expect(')');
      }
    }
  }

  #scope(variable: string): void {
    this.#cursor.expect(variable);
    if (this.#cursor.take('is')) {
      this.#cursor.path();
      if (this.#cursor.take('in')) this.#cursor.entity();
    } else if (this.#cursor.take('==') || this.#cursor.take('in')) this.#cursor.entity();
  }

  #action(): void {
    this.#cursor.expect('action');
    if (this.#cursor.take('==')) this.#cursor.entity();
    else if (this.#cursor.take('in')) {
      if (this.#cursor.take('[')) this.#cursor.list(']', () => this.#cursor.entity());
      else this.#cursor.entity();
    }
  }
}

/** What a Cedar text says: it is fine, or where and why it is not. `rest` is where something follows the first policy. */
export type ReadPolicy =
  | { readonly ok: true; readonly rest: number | undefined }
  | { readonly ok: false; readonly at: number; readonly error: string };

/**
 * Reads one Cedar policy as cedar-go v1.8.0 does, which takes the first policy of a text and ignores others behind it.
 * A policy that is nested too deep to be judged is taken for a right one.
 */
export function readPolicy(text: string): ReadPolicy {
  const read = tokensOf(text);
  if (!read.ok) return read;
  try {
    const { kind, at } = new PolicyReader(read.tokens).policy();
    return { ok: true, rest: kind === 'end' ? undefined : at };
  } catch (error) {
    if (error instanceof TooDeep) return { ok: true, rest: undefined };
    if (error instanceof SyntaxFault) return { ok: false, at: error.at, error: error.message };
    throw error;
  }
}
