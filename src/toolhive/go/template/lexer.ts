/** A piece of a Go template: text between actions, or a token inside of one. */
export interface Token {
  readonly kind:
    | 'text'
    | 'open'
    | 'close'
    | 'space'
    | 'identifier'
    | 'field'
    | 'variable'
    | 'dot'
    | 'literal'
    | 'declare'
    | 'assign'
    | 'pipe'
    | 'comma'
    | 'openParenthesis'
    | 'closeParenthesis';
  readonly text: string;
}

/** What stops the parser of Go's text/template: its error, without name and line. */
export class TemplateError extends Error {}

/** Thrown for a template with too much in it to be judged. */
export class TooLarge extends Error {}

const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*/u;
const NUMBER =
  /^[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)i?/;
const QUOTED = /^"(?:[^"\\\n]|\\[^\n])*"/;
const RAW = /^`[^`]*`/;
const CHARACTER = /^'(?:[^'\\\n]|\\[^\n])+'/;
const COMMENT = /^\/\*[\s\S]*?\*\//;
/** What may follow a word inside an action. Source: `atTerminator` of text/template/parse. */
const ENDS_WORD = /^(?:[\s.,|:()=]|-?\}\}|$)/;

const PLAIN: Readonly<Record<string, Token['kind']>> = {
  ':=': 'declare',
  '=': 'assign',
  '|': 'pipe',
  ',': 'comma',
  '(': 'openParenthesis',
  ')': 'closeParenthesis',
};

function quotedCharacter(rest: string): string {
  return JSON.stringify([...rest][0] ?? '');
}

/** Reads the tokens of one action from behind its opening braces. Returns them with where its closing braces end. */
class ActionLexer {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** Reads up to and with the closing braces; `trims` when they cut the space behind them. */
  read(): { readonly end: number; readonly trims: boolean } {
    for (;;) {
      const rest = this.#text.slice(this.#at);
      if (rest === '') throw new TemplateError('unclosed action');
      const close = /^\s-\}\}|^\}\}/.exec(rest)?.[0];
      if (close !== undefined) {
        this.tokens.push({ kind: 'close', text: close });
        return { end: this.#at + close.length, trims: close.length > 2 };
      }
      const token = this.#token(rest);
      this.tokens.push(token);
      this.#at += token.text.length;
    }
  }

  #word(kind: Token['kind'], text: string, rest: string): Token {
    if (!ENDS_WORD.test(rest.slice(text.length)))
      throw new TemplateError(`bad character ${quotedCharacter(rest.slice(text.length))}`);
    return { kind, text };
  }

  #token(rest: string): Token {
    const space = /^\s+/.exec(rest)?.[0];
    // The last blank before `-}}` belongs to the closing braces.
    if (space !== undefined)
      return { kind: 'space', text: /^\s+-\}\}/.test(rest) ? space.slice(0, -1) : space };
    const plain = Object.keys(PLAIN).find((text) => rest.startsWith(text));
    if (plain !== undefined) return { kind: PLAIN[plain] ?? 'space', text: plain };
    const literal = this.#literal(rest);
    if (literal !== undefined) return { kind: 'literal', text: literal };
    if (/^[.$]/.test(rest)) {
      const text = rest.slice(0, 1) + (NAME.exec(rest.slice(1))?.[0] ?? '');
      const kind = text.startsWith('$') ? 'variable' : text === '.' ? 'dot' : 'field';
      return this.#word(kind, text, rest);
    }
    const name = NAME.exec(rest)?.[0];
    if (name === undefined) throw new TemplateError(`unexpected ${quotedCharacter(rest)} in action`);
    return this.#word('identifier', name, rest);
  }

  #literal(rest: string): string | undefined {
    if (rest.startsWith('"')) return this.#closed(QUOTED.exec(rest)?.[0], 'unterminated quoted string');
    if (rest.startsWith('`')) return this.#closed(RAW.exec(rest)?.[0], 'unterminated raw quoted string');
    if (rest.startsWith("'"))
      return this.#closed(CHARACTER.exec(rest)?.[0], 'unterminated character constant');
    const number = NUMBER.exec(rest)?.[0];
    if (number === undefined) return undefined;
    if (/^[\p{L}\p{Nd}_]/u.test(rest.slice(number.length)))
      throw new TemplateError(`bad number syntax: ${JSON.stringify(rest.slice(0, number.length + 1))}`);
    return number;
  }

  #closed(text: string | undefined, error: string): string {
    if (text === undefined) throw new TemplateError(error);
    return text;
  }
}

/** A comment fills its action. Returns where the action ends; undefined when this is not a comment. */
function commentEnd(text: string, at: number): { readonly end: number; readonly trims: boolean } | undefined {
  if (!text.startsWith('/*', at)) return undefined;
  const comment = COMMENT.exec(text.slice(at))?.[0];
  if (comment === undefined) throw new TemplateError('unclosed comment');
  const close = /^\s-\}\}|^\}\}/.exec(text.slice(at + comment.length))?.[0];
  if (close === undefined) throw new TemplateError('comment ends before closing delimiter');
  return { end: at + comment.length + close.length, trims: close.length > 2 };
}

/** The tokens of a Go template. @throws TemplateError as Go's lexer would stop. */
export function lex(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    const plain = text.slice(at, open < 0 ? undefined : open);
    if (plain !== '') tokens.push({ kind: 'text', text: plain });
    if (open < 0) return tokens;
    const inside = /^-\s/.test(text.slice(open + 2, open + 4)) ? open + 4 : open + 2;
    const comment = commentEnd(text, inside);
    if (comment !== undefined) {
      at = comment.end;
      continue;
    }
    const action = new ActionLexer(text, inside);
    tokens.push({ kind: 'open', text: '{{' });
    at = action.read().end;
    tokens.push(...action.tokens);
  }
}
