import { quoted } from '../../text/line.ts';
import { type Token, tokensOf } from './tokens.ts';

/** The methods of values, with how many arguments they take; undefined for those whose arguments are not counted. */
const METHODS: ReadonlyMap<string, number | undefined> = new Map<string, number | undefined>([
  ...['contains', 'containsAll', 'containsAny', 'hasTag', 'getTag'].map((name) => [name, 1] as const),
  ['isEmpty', 0],
  ...[
    ...['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'],
    ...['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast', 'isInRange'],
    ...['toDate', 'toTime', 'offset', 'durationSince'],
    ...['toDays', 'toHours', 'toMinutes', 'toSeconds', 'toMilliseconds'],
  ].map((name) => [name, undefined] as const),
]);
const FUNCTIONS = new Set(['ip', 'decimal', 'datetime', 'duration']);
const VARIABLES = new Set(['principal', 'action', 'resource', 'context']);
const RELATIONS = new Set(['<', '<=', '>', '>=', '!=', '==', 'in']);
const MAX_LONG = 2n ** 63n - 1n;
/** No policy in use is nested as deep; one that is is not judged any further. */
const MAX_DEPTH = 100;
const MAX_SHOWN = 40;

class SyntaxFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

class TooDeep extends Error {}

/** Reads one policy, or throws a {@link SyntaxFault} at the first token that the grammar does not allow there. */
class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #next(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  #fail(expected: string, token = this.#next): never {
    const found = token.kind === 'end' ? 'the end' : quoted(token.text.slice(0, MAX_SHOWN));
    throw new SyntaxFault(token.at, `expected ${expected}, found ${found}`);
  }

  /** Takes the next token if it has the text. */
  #take(text: string): boolean {
    if (this.#next.text !== text) return false;
    this.#position++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail(quoted(text));
  }

  #kind(kind: Token['kind'], what: string): Token {
    const token = this.#next;
    if (token.kind !== kind) this.#fail(what);
    this.#position++;
    return token;
  }

  /** A text; `\*` is an escape of patterns only. */
  #text(what: string, isPattern = false): string {
    const token = this.#kind('text', what);
    const escapes = [...token.text.matchAll(/\\(x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]+\}|.)/g)];
    for (const [whole, named = ''] of escapes) {
      const code = /^[xu]\{?([0-9A-Fa-f]+)/.exec(named)?.[1];
      const value = code === undefined ? 0 : Number.parseInt(code, 16);
      const isRight = named.startsWith('u')
        ? value <= 0x10ffff && (value < 0xd800 || value > 0xdfff)
        : value <= 127;
      if (!isRight || (named === '*' && !isPattern)) this.#fail(`a text without ${whole}`, token);
    }
    return token.text;
  }

  /** Reads one policy up to its semicolon, and returns the token behind it. */
  policy(): Token {
    this.#annotations();
    if (!this.#take('permit') && !this.#take('forbid')) this.#fail('permit or forbid');
    this.#expect('(');
    this.#scope('principal');
    this.#expect(',');
    this.#action();
    this.#expect(',');
    this.#scope('resource');
    this.#take(',');
    this.#expect(')');
    while (this.#take('when') || this.#take('unless')) {
      this.#expect('{');
      this.#expression();
      this.#expect('}');
    }
    this.#expect(';');
    return this.#next;
  }

  #annotations(): void {
    const names = new Set<string>();
    while (this.#take('@')) {
      const token = this.#next;
      if (token.kind !== 'name' && token.kind !== 'keyword') this.#fail('the name of an annotation');
      if (names.has(token.text)) this.#fail('an annotation only once');
      names.add(token.text);
      this.#position++;
      if (this.#take('(')) {
        this.#text('a text');
        this.#expect(')');
      }
    }
  }

  #scope(variable: string): void {
    this.#expect(variable);
    if (this.#take('is')) {
      this.#path();
      if (this.#take('in')) this.#entity();
    } else if (this.#take('==') || this.#take('in')) this.#entity();
  }

  #action(): void {
    this.#expect('action');
    if (this.#take('==')) this.#entity();
    else if (this.#take('in')) {
      if (this.#take('[')) this.#list(']', () => this.#entity());
      else this.#entity();
    }
  }

  /** `Type::"id"` with any number of namespaces. */
  #entity(): void {
    this.#kind('name', 'an entity such as Client::"alice"');
    do this.#expect('::');
    while (this.#takeName());
    this.#text('the id of an entity in quotes');
  }

  #takeName(): boolean {
    if (this.#next.kind !== 'name') return false;
    this.#position++;
    return true;
  }

  #path(): void {
    do this.#kind('name', 'the type of an entity');
    while (this.#take('::'));
  }

  /** Items with commas between them, and one behind the last if wanted, up to the end of the list. */
  #list(end: string, item: () => void): number {
    let count = 0;
    while (!this.#take(end)) {
      item();
      count++;
      if (!this.#take(',') && this.#next.text !== end) this.#fail(`"," or ${quoted(end)}`);
    }
    return count;
  }

  #expression(): void {
    if (++this.#depth > MAX_DEPTH) throw new TooDeep();
    if (this.#take('if')) {
      this.#expression();
      this.#expect('then');
      this.#expression();
      this.#expect('else');
      this.#expression();
    } else this.#chain(['||'], () => this.#chain(['&&'], () => this.#relation()));
    this.#depth--;
  }

  #chain(signs: readonly string[], part: () => void): void {
    do part();
    while (signs.some((sign) => this.#take(sign)));
  }

  #relation(): void {
    this.#sum();
    if (this.#take('has')) this.#has();
    else if (this.#take('like')) this.#text('a pattern in quotes', true);
    else if (this.#take('is')) {
      this.#path();
      if (this.#take('in')) this.#sum();
    } else if (RELATIONS.has(this.#next.text)) {
      this.#position++;
      this.#sum();
    }
  }

  #has(): void {
    if (this.#next.kind === 'text') {
      this.#text('');
      return;
    }
    do this.#kind('name', 'an attribute');
    while (this.#take('.'));
  }

  #sum(): void {
    this.#chain(['+', '-'], () => this.#chain(['*'], () => this.#unary()));
  }

  #unary(): void {
    let isNegative = false;
    while (this.#next.text === '-' || this.#next.text === '!') {
      isNegative = this.#next.text === '-';
      this.#position++;
    }
    if (isNegative && this.#next.kind === 'number') {
      // The least long, and no member of it.
      this.#number(MAX_LONG + 1n);
      return;
    }
    this.#primary();
    while (this.#access());
  }

  #number(most: bigint): void {
    const token = this.#kind('number', 'a number');
    if (BigInt(token.text) > most) this.#fail('a number of 64 bits', token);
  }

  #primary(): void {
    const { kind, text } = this.#next;
    if (kind === 'number') this.#number(MAX_LONG);
    else if (kind === 'text') this.#text('');
    else if (kind === 'name') this.#named();
    else if (this.#take('true') || this.#take('false')) return;
    else if (this.#take('(')) {
      this.#expression();
      this.#expect(')');
    } else if (this.#take('[')) this.#list(']', () => this.#expression());
    else if (text === '{') this.#record();
    else this.#fail('a value');
  }

  /** A variable, an entity or a call of a function. */
  #named(): void {
    const first = this.#kind('name', '');
    let path = first.text;
    while (this.#take('::')) {
      if (this.#next.kind === 'text') {
        this.#text('');
        return;
      }
      path += `::${this.#kind('name', 'a name or an id in quotes').text}`;
    }
    if (this.#take('(')) {
      if (!FUNCTIONS.has(path)) this.#fail(`one of the functions ${[...FUNCTIONS].join(', ')}`, first);
      this.#list(')', () => this.#expression());
    } else if (path !== first.text) this.#fail('"::" or "("');
    else if (!VARIABLES.has(path)) this.#fail(`a value or one of ${[...VARIABLES].join(', ')}`, first);
  }

  #record(): void {
    const keys = new Set<string>();
    this.#expect('{');
    this.#list('}', () => {
      const key = this.#next;
      if (key.kind === 'text') this.#text('');
      else this.#kind('name', 'a key');
      const name = key.kind === 'text' ? key.text.slice(1, -1) : key.text;
      if (keys.has(name)) this.#fail('a key only once', key);
      keys.add(name);
      this.#expect(':');
      this.#expression();
    });
  }

  /** `.attribute`, `.method(…)` or `["attribute"]`; false when none of them follows. */
  #access(): boolean {
    if (this.#take('[')) {
      this.#text('an attribute in quotes');
      this.#expect(']');
      return true;
    }
    if (!this.#take('.')) return false;
    const name = this.#kind('name', 'an attribute or a method');
    if (!this.#take('(')) return true;
    if (!METHODS.has(name.text)) this.#fail('a method of Cedar', name);
    const count = this.#list(')', () => this.#expression());
    const wanted = METHODS.get(name.text);
    if (wanted !== undefined && count !== wanted) this.#fail(`${wanted} arguments of this method`, name);
    return true;
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
    const { kind, at } = new Parser(read.tokens).policy();
    return { ok: true, rest: kind === 'end' ? undefined : at };
  } catch (error) {
    if (error instanceof TooDeep) return { ok: true, rest: undefined };
    if (error instanceof SyntaxFault) return { ok: false, at: error.at, error: error.message };
    throw error;
  }
}
