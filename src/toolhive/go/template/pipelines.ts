import { TemplateError, type Token, TooLarge } from './lexer.ts';

const CONSTANTS = new Set(['true', 'false', 'nil']);
const END: Token = { kind: 'close', text: '' };
/** How deeply controls, blocks and parentheses may be nested. No template in use comes near; each level takes several calls. */
const MAX_DEPTH = 200;
/** Variables that a template may declare: each use of one searches them all. */
const MAX_VARIABLES = 500;

/**
 * The place in the tokens of a template, and its pipelines: `$x := .steps.a.output | len`. Each method throws a TemplateError
 * where Go's parser stops, or a TooLarge.
 */
export class Pipelines {
  /** The fields that were read, such as `.steps.a.output`. */
  readonly fields = new Set<string>();
  /** The variables that are declared here. */
  variables: string[] = ['$'];
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Takes the next token. */
  next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  skip(): void {
    this.#at++;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  /** Skips spaces and returns the token behind them, which is not taken. */
  skipSpace(): Token {
    while (this.#peek().kind === 'space') this.#at++;
    return this.#peek();
  }

  unexpected(token: Token, context: string): never {
    throw new TemplateError(`unexpected ${JSON.stringify(token.text)} in ${context}`);
  }

  /** Takes the end of an action, which must come next. */
  close(context: string): void {
    const token = this.skipSpace();
    if (token.kind !== 'close') this.unexpected(token, context);
    this.#at++;
  }

  /** Reads one level of nesting. Throws {@link TooLarge} beyond {@link MAX_DEPTH}. */
  nested(read: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw new TooLarge();
    read();
    this.#depth--;
  }

  #declarations(context: string): void {
    const start = this.#at;
    const names: string[] = [];
    while (this.skipSpace().kind === 'variable') {
      names.push(this.next().text);
      const next = this.skipSpace();
      if (next.kind === 'comma' && context === 'range' && names.length < 2) {
        this.#at++;
        continue;
      }
      if (next.kind === 'declare' || next.kind === 'assign') {
        this.#at++;
        if (next.kind === 'declare') this.#declare(names);
        else for (const name of names) this.#useVariable(name);
        return;
      }
      if (next.kind === 'comma') throw new TemplateError(`too many declarations in ${context}`);
      break;
    }
    this.#at = start;
  }

  /** Takes a pipeline and what ends it. */
  pipeline(context: string, end: 'close' | 'closeParenthesis'): void {
    this.#declarations(context);
    let commands = 0;
    for (;;) {
      const token = this.skipSpace();
      if (token.kind === end) {
        this.#at++;
        if (commands === 0) throw new TemplateError(`missing value for ${context}`);
        return;
      }
      if (this.isAtEnd) throw new TemplateError('unclosed action');
      this.#command(++commands);
    }
  }

  #command(stage: number): void {
    let operands = 0;
    for (;;) {
      const token = this.skipSpace();
      if (
        operands === 0 &&
        stage > 1 &&
        /^(?:literal|dot)$/.test(
          token.kind === 'identifier' && CONSTANTS.has(token.text) ? 'literal' : token.kind,
        )
      )
        throw new TemplateError(`non executable command in pipeline stage ${stage}`);
      if (!this.#operand()) break;
      operands++;
      if (this.#peek().kind === 'space') continue;
      break;
    }
    const next = this.skipSpace();
    if (next.kind === 'pipe') {
      this.#at++;
      if (operands === 0) throw new TemplateError('empty command');
      return;
    }
    if (next.kind !== 'close' && next.kind !== 'closeParenthesis') this.unexpected(next, 'operand');
    if (operands === 0) throw new TemplateError('empty command');
  }

  /** A term and the fields behind it; false when there is none. */
  #operand(): boolean {
    const token = this.#peek();
    let chain: string[] = [];
    switch (token.kind) {
      case 'identifier':
        if (!CONSTANTS.has(token.text) && !this.#functions.has(token.text))
          throw new TemplateError(`function ${JSON.stringify(token.text)} not defined`);
        this.#at++;
        return this.#fieldsBehind(CONSTANTS.has(token.text) ? 'constant' : 'value', []);
      case 'variable':
        this.#useVariable(token.text);
        this.#at++;
        return this.#fieldsBehind('variable', []);
      case 'field':
        this.#at++;
        chain = [token.text];
        return this.#fieldsBehind('field', chain);
      case 'dot':
      case 'literal':
        this.#at++;
        return this.#fieldsBehind('constant', []);
      case 'openParenthesis':
        this.#at++;
        this.nested(() => this.pipeline('parenthesized pipeline', 'closeParenthesis'));
        return this.#fieldsBehind('value', []);
      default:
        return false;
    }
  }

  #fieldsBehind(term: 'constant' | 'value' | 'variable' | 'field', chain: string[]): true {
    while (this.#peek().kind === 'field') {
      if (term === 'constant') throw new TemplateError('unexpected . after term');
      chain.push(this.next().text);
    }
    if (chain.length > 0 && term !== 'variable') this.fields.add(chain.join(''));
    return true;
  }

  #declare(names: readonly string[]): void {
    this.variables.push(...names);
    if (this.variables.length > MAX_VARIABLES) throw new TooLarge();
  }

  #useVariable(name: string): void {
    if (!this.variables.includes(name)) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`);
  }
}
