import { lex, TemplateError, type Token } from './lexer.ts';

/** What Go's parser makes of a template: the fields that it reads, such as `.steps.a.output.n`, or why it stops. */
export type ParsedTemplate =
  | { readonly ok: true; readonly fields: ReadonlySet<string> }
  | { readonly ok: false; readonly error: string };

/** Go's own functions. Source: text/template/funcs.go. */
const BUILTINS = [
  'and',
  'call',
  'html',
  'index',
  'slice',
  'js',
  'len',
  'not',
  'or',
  'print',
  'printf',
  'println',
].concat(['urlquery', 'eq', 'ge', 'gt', 'le', 'lt', 'ne']);
const CONSTANTS = new Set(['true', 'false', 'nil']);
const END: Token = { kind: 'close', text: '' };

/** How a list of nodes ended. */
type ListEnd = 'end' | 'else' | 'eof';

class Parser {
  readonly fields = new Set<string>();
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  #variables: string[] = ['$'];
  #ranges = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skipSpace(): Token {
    while (this.#peek().kind === 'space') this.#at++;
    return this.#peek();
  }

  #unexpected(token: Token, context: string): never {
    throw new TemplateError(`unexpected ${JSON.stringify(token.text)} in ${context}`);
  }

  /** The whole template. */
  parse(): void {
    const end = this.#list('template');
    if (end !== 'eof') throw new TemplateError(`unexpected {{${end}}}`);
  }

  #list(context: string): ListEnd {
    while (this.#at < this.#tokens.length) {
      const token = this.#next();
      if (token.kind === 'text') continue;
      const end = this.#action();
      if (end !== undefined) return end;
    }
    if (context !== 'template') throw new TemplateError('unexpected EOF');
    return 'eof';
  }

  #action(): ListEnd | undefined {
    const first = this.#skipSpace();
    const keyword = first.kind === 'identifier' ? first.text : '';
    switch (keyword) {
      case 'end':
      case 'else':
        this.#at++;
        if (keyword === 'end') this.#close('end');
        return keyword;
      case 'if':
      case 'with':
      case 'range':
        this.#at++;
        this.#control(keyword);
        return undefined;
      case 'define':
      case 'block':
        this.#at++;
        this.#definition(keyword);
        return undefined;
      case 'template':
        this.#at++;
        this.#invocation('template clause');
        return undefined;
      case 'break':
      case 'continue':
        this.#at++;
        if (this.#ranges === 0) throw new TemplateError(`{{${keyword}}} outside {{range}}`);
        this.#close(keyword);
        return undefined;
      default:
        this.#pipeline('command', 'close');
        return undefined;
    }
  }

  #close(context: string): void {
    const token = this.#skipSpace();
    if (token.kind !== 'close') this.#unexpected(token, context);
    this.#at++;
  }

  #control(keyword: 'if' | 'with' | 'range'): void {
    const depth = this.#variables.length;
    if (keyword === 'range') this.#ranges++;
    this.#pipeline(keyword, 'close');
    const end = this.#list(keyword);
    if (keyword === 'range') this.#ranges--;
    if (end === 'else') this.#elseOf(keyword);
    this.#variables.length = depth;
  }

  /** `{{else if …}}` and `{{else with …}}` open a control of their own, which takes the end of the outer one. */
  #elseOf(keyword: 'if' | 'with' | 'range'): void {
    const next = this.#skipSpace();
    if (keyword !== 'range' && next.kind === 'identifier' && next.text === keyword) {
      this.#at++;
      this.#control(keyword);
      return;
    }
    this.#close('else');
    if (this.#list(keyword) !== 'end') throw new TemplateError('expected end; found {{else}}');
  }

  #definition(keyword: 'define' | 'block'): void {
    const outer = { variables: this.#variables, ranges: this.#ranges };
    if (keyword === 'define') {
      this.#name('define clause');
      this.#close('define clause');
    } else this.#invocation('block clause');
    this.#variables = ['$'];
    this.#ranges = 0;
    if (this.#list(keyword) !== 'end') throw new TemplateError(`unexpected {{else}} in ${keyword} clause`);
    this.#variables = outer.variables;
    this.#ranges = outer.ranges;
  }

  #name(context: string): void {
    const token = this.#skipSpace();
    if (token.kind !== 'literal' || !/^["`]/.test(token.text)) this.#unexpected(token, context);
    this.#at++;
  }

  #invocation(context: string): void {
    this.#name(context);
    if (this.#skipSpace().kind === 'close' && context === 'template clause') this.#at++;
    else this.#pipeline(context, 'close');
  }

  #declarations(context: string): void {
    const start = this.#at;
    const names: string[] = [];
    while (this.#skipSpace().kind === 'variable') {
      names.push(this.#next().text);
      const next = this.#skipSpace();
      if (next.kind === 'comma' && context === 'range' && names.length < 2) {
        this.#at++;
        continue;
      }
      if (next.kind === 'declare' || next.kind === 'assign') {
        this.#at++;
        if (next.kind === 'declare') this.#variables.push(...names);
        else for (const name of names) this.#useVariable(name);
        return;
      }
      if (next.kind === 'comma') throw new TemplateError(`too many declarations in ${context}`);
      break;
    }
    this.#at = start;
  }

  #pipeline(context: string, end: 'close' | 'closeParenthesis'): void {
    this.#declarations(context);
    let commands = 0;
    for (;;) {
      const token = this.#skipSpace();
      if (token.kind === end) {
        this.#at++;
        if (commands === 0) throw new TemplateError(`missing value for ${context}`);
        return;
      }
      if (this.#at >= this.#tokens.length) throw new TemplateError('unclosed action');
      this.#command(++commands);
    }
  }

  #command(stage: number): void {
    let operands = 0;
    for (;;) {
      const token = this.#skipSpace();
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
    const next = this.#skipSpace();
    if (next.kind === 'pipe') {
      this.#at++;
      if (operands === 0) throw new TemplateError('empty command');
      return;
    }
    if (next.kind !== 'close' && next.kind !== 'closeParenthesis') this.#unexpected(next, 'operand');
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
        this.#pipeline('parenthesized pipeline', 'closeParenthesis');
        return this.#fieldsBehind('value', []);
      default:
        return false;
    }
  }

  #fieldsBehind(term: 'constant' | 'value' | 'variable' | 'field', chain: string[]): true {
    while (this.#peek().kind === 'field') {
      if (term === 'constant') throw new TemplateError('unexpected . after term');
      chain.push(this.#next().text);
    }
    if (chain.length > 0 && term !== 'variable') this.fields.add(chain.join(''));
    return true;
  }

  #useVariable(name: string): void {
    if (!this.#variables.includes(name))
      throw new TemplateError(`undefined variable ${JSON.stringify(name)}`);
  }
}

/** Longer than any template in use; the lexer takes slices of the rest. */
const MAX_LENGTH = 64 * 1_024;

/**
 * Parses a Go text/template as `template.Parse` does.
 * @param functions the names of functions beside Go's own
 */
export function parseTemplate(text: string, functions: readonly string[]): ParsedTemplate {
  if (!text.includes('{{')) return { ok: true, fields: new Set() };
  if (text.length > MAX_LENGTH) return { ok: false, error: `it is longer than ${MAX_LENGTH} characters` };
  try {
    const parser = new Parser(lex(text), new Set([...BUILTINS, ...functions]));
    parser.parse();
    return { ok: true, fields: parser.fields };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, error: error.message };
    throw error;
  }
}
