import { lex, TemplateError, type Token, TooLarge } from './lexer.ts';
import { Pipelines } from './pipelines.ts';

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
/** How a list of nodes ended. */
type ListEnd = 'end' | 'else' | 'eof';

/** Reads the actions of a template. */
class Parser {
  readonly #pipelines: Pipelines;
  #ranges = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#pipelines = new Pipelines(tokens, functions);
  }

  get fields(): ReadonlySet<string> {
    return this.#pipelines.fields;
  }

  /** The whole template. */
  parse(): void {
    const end = this.#list('template');
    if (end !== 'eof') throw new TemplateError(`unexpected {{${end}}}`);
  }

  #list(context: string): ListEnd {
    while (!this.#pipelines.isAtEnd) {
      const token = this.#pipelines.next();
      if (token.kind === 'text') continue;
      const end = this.#action();
      if (end !== undefined) return end;
    }
    if (context !== 'template') throw new TemplateError('unexpected EOF');
    return 'eof';
  }

  #action(): ListEnd | undefined {
    const first = this.#pipelines.skipSpace();
    const keyword = first.kind === 'identifier' ? first.text : '';
    switch (keyword) {
      case 'end':
      case 'else':
        this.#pipelines.skip();
        if (keyword === 'end') this.#pipelines.close('end');
        return keyword;
      case 'if':
      case 'with':
      case 'range':
        this.#pipelines.skip();
        this.#pipelines.nested(() => this.#control(keyword));
        return undefined;
      case 'define':
      case 'block':
        this.#pipelines.skip();
        this.#pipelines.nested(() => this.#definition(keyword));
        return undefined;
      case 'template':
        this.#pipelines.skip();
        this.#invocation('template clause');
        return undefined;
      case 'break':
      case 'continue':
        this.#pipelines.skip();
        if (this.#ranges === 0) throw new TemplateError(`{{${keyword}}} outside {{range}}`);
        this.#pipelines.close(keyword);
        return undefined;
      default:
        this.#pipelines.pipeline('command', 'close');
        return undefined;
    }
  }

  #control(keyword: 'if' | 'with' | 'range'): void {
    const depth = this.#pipelines.variables.length;
    if (keyword === 'range') this.#ranges++;
    this.#pipelines.pipeline(keyword, 'close');
    const end = this.#list(keyword);
    if (keyword === 'range') this.#ranges--;
    if (end === 'else') this.#elseOf(keyword);
    this.#pipelines.variables.length = depth;
  }

  /** `{{else if …}}` and `{{else with …}}` open a control of their own, which takes the end of the outer one. */
  #elseOf(keyword: 'if' | 'with' | 'range'): void {
    const next = this.#pipelines.skipSpace();
    if (keyword !== 'range' && next.kind === 'identifier' && next.text === keyword) {
      this.#pipelines.skip();
      this.#pipelines.nested(() => this.#control(keyword));
      return;
    }
    this.#pipelines.close('else');
    if (this.#list(keyword) !== 'end') throw new TemplateError('expected end; found {{else}}');
  }

  #definition(keyword: 'define' | 'block'): void {
    const outer = { variables: this.#pipelines.variables, ranges: this.#ranges };
    if (keyword === 'define') {
      this.#name('define clause');
      this.#pipelines.close('define clause');
    } else this.#invocation('block clause');
    this.#pipelines.variables = ['$'];
    this.#ranges = 0;
    if (this.#list(keyword) !== 'end') throw new TemplateError(`unexpected {{else}} in ${keyword} clause`);
    this.#pipelines.variables = outer.variables;
    this.#ranges = outer.ranges;
  }

  #name(context: string): void {
    const token = this.#pipelines.skipSpace();
    if (token.kind !== 'literal' || !/^["`]/.test(token.text)) this.#pipelines.unexpected(token, context);
    this.#pipelines.skip();
  }

  #invocation(context: string): void {
    this.#name(context);
    if (this.#pipelines.skipSpace().kind === 'close' && context === 'template clause') this.#pipelines.skip();
    else this.#pipelines.pipeline(context, 'close');
  }
}

/** Longer than any template in use; the lexer takes slices of the rest. */
const MAX_LENGTH = 64 * 1_024;

/**
 * Parses a Go text/template as `template.Parse` does. A template that is too large to be judged counts as correct.
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
    if (error instanceof TooLarge) return { ok: true, fields: new Set() };
    if (error instanceof TemplateError) return { ok: false, error: error.message };
    throw error;
  }
}
