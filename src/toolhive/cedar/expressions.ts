import type { Cursor } from './cursor.ts';

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

/** Thrown for an expression that is nested too deep to be judged. */
export class TooDeep extends Error {}

/** Reads the expressions of a policy. Each method throws a SyntaxFault, or {@link TooDeep}. */
export class Expressions {
  readonly #cursor: Cursor;
  #depth = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  expression(): void {
    if (++this.#depth > MAX_DEPTH) throw new TooDeep();
    if (this.#cursor.take('if')) {
      this.expression();
      this.#cursor.expect('then');
      this.expression();
      this.#cursor.expect('else');
      this.expression();
    } else this.#chain(['||'], () => this.#chain(['&&'], () => this.#relation()));
    this.#depth--;
  }

  #chain(signs: readonly string[], part: () => void): void {
    do part();
    while (signs.some((sign) => this.#cursor.take(sign)));
  }

  #relation(): void {
    this.#sum();
    if (this.#cursor.take('has')) this.#has();
    else if (this.#cursor.take('like')) this.#cursor.text('a pattern in quotes', true);
    else if (this.#cursor.take('is')) {
      this.#cursor.path();
      if (this.#cursor.take('in')) this.#sum();
    } else if (RELATIONS.has(this.#cursor.next.text)) {
      this.#cursor.skip();
      this.#sum();
    }
  }

  #has(): void {
    if (this.#cursor.next.kind === 'text') {
      this.#cursor.text('');
      return;
    }
    do this.#cursor.kind('name', 'an attribute');
    while (this.#cursor.take('.'));
  }

  #sum(): void {
    this.#chain(['+', '-'], () => this.#chain(['*'], () => this.#unary()));
  }

  #unary(): void {
    let isNegative = false;
    while (this.#cursor.next.text === '-' || this.#cursor.next.text === '!') {
      isNegative = this.#cursor.next.text === '-';
      this.#cursor.skip();
    }
    if (isNegative && this.#cursor.next.kind === 'number') {
      // The least long, and no member of it.
      this.#number(MAX_LONG + 1n);
      return;
    }
    this.#primary();
    while (this.#access());
  }

  #number(most: bigint): void {
    const token = this.#cursor.kind('number', 'a number');
    if (BigInt(token.text) > most) this.#cursor.fail('a number of 64 bits', token);
  }

  #primary(): void {
    const { kind, text } = this.#cursor.next;
    if (kind === 'number') this.#number(MAX_LONG);
    else if (kind === 'text') this.#cursor.text('');
    else if (kind === 'name') this.#named();
    else if (this.#cursor.take('true') || this.#cursor.take('false')) return;
    else if (this.#cursor.take('(')) {
      this.expression();
      this.#cursor.expect(')');
    } else if (this.#cursor.take('[')) this.#cursor.list(']', () => this.expression());
    else if (text === '{') this.#record();
    else this.#cursor.fail('a value');
  }

  /** A variable, an entity or a call of a function. */
  #named(): void {
    const first = this.#cursor.kind('name', '');
    let path = first.text;
    while (this.#cursor.take('::')) {
      if (this.#cursor.next.kind === 'text') {
        this.#cursor.text('');
        return;
      }
      path += `::${this.#cursor.kind('name', 'a name or an id in quotes').text}`;
    }
    if (this.#cursor.take('(')) {
      if (!FUNCTIONS.has(path)) this.#cursor.fail(`one of the functions ${[...FUNCTIONS].join(', ')}`, first);
      this.#cursor.list(')', () => this.expression());
    } else if (path !== first.text) this.#cursor.fail('"::" or "("');
    else if (!VARIABLES.has(path)) this.#cursor.fail(`a value or one of ${[...VARIABLES].join(', ')}`, first);
  }

  #record(): void {
    const keys = new Set<string>();
    this.#cursor.expect('{');
    this.#cursor.list('}', () => {
      const key = this.#cursor.next;
      if (key.kind === 'text') this.#cursor.text('');
      else this.#cursor.kind('name', 'a key');
      const name = key.kind === 'text' ? key.text.slice(1, -1) : key.text;
      if (keys.has(name)) this.#cursor.fail('a key only once', key);
      keys.add(name);
      this.#cursor.expect(':');
      this.expression();
    });
  }

  /** `.attribute`, `.method(…)` or `["attribute"]`; false when none of them follows. */
  #access(): boolean {
    if (this.#cursor.take('[')) {
      this.#cursor.text('an attribute in quotes');
      this.#cursor.expect(']');
      return true;
    }
    if (!this.#cursor.take('.')) return false;
    const name = this.#cursor.kind('name', 'an attribute or a method');
    if (!this.#cursor.take('(')) return true;
    if (!METHODS.has(name.text)) this.#cursor.fail('a method of Cedar', name);
    const count = this.#cursor.list(')', () => this.expression());
    const wanted = METHODS.get(name.text);
    if (wanted !== undefined && count !== wanted)
      this.#cursor.fail(`${wanted} arguments of this method`, name);
    return true;
  }
}
