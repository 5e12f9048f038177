/** What a piece of a Cedar text is. `unknown` is a character that begins no token. */
type TokenKind = 'name' | 'keyword' | 'number' | 'text' | 'sign' | 'unknown' | 'end';

/** One piece of a Cedar text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly at: number; readonly error: string };

const KEYWORDS = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'like', 'has', 'is', '__cedar']);
const SPACE = /(?:[\t\n\r ]|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /[0-9]+/y;
const TEXT = /"(?:[^"\\\n]|\\(?:[nrt\\0'"*]|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{1,6}\}))*"/y;
const SIGN = /::|!=|<=|>=|==|\|\||&&|[@.,;(){}[\]+\-*:!<>]/y;

function taken(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The token at a position that is neither space nor the end; undefined for a text that is not one. */
function tokenAt(text: string, at: number): Token | undefined {
  if (text[at] === '"') {
    const found = taken(TEXT, text, at);
    return found === undefined ? undefined : { kind: 'text', text: found, at };
  }
  const name = taken(NAME, text, at);
  if (name !== undefined) return { kind: KEYWORDS.has(name) ? 'keyword' : 'name', text: name, at };
  const number = taken(NUMBER, text, at);
  if (number !== undefined) return { kind: 'number', text: number, at };
  const sign = taken(SIGN, text, at);
  if (sign !== undefined) return { kind: 'sign', text: sign, at };
  return { kind: 'unknown', text: String.fromCodePoint(text.codePointAt(at) ?? 0), at };
}

/**
 * The tokens of a Cedar text, with one for its end. Source: the tokenizer of cedar-go v1.8.0, which ToolHive uses; it also reads
 * what stands behind the policy.
 */
export function tokensOf(text: string): Tokens {
  const nul = text.indexOf('\0');
  if (nul >= 0) return { ok: false, at: nul, error: 'the character NUL is not allowed' };
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += taken(SPACE, text, at)?.length ?? 0;
    if (at >= text.length) break;
    if (text.startsWith('/*', at)) return { ok: false, at, error: 'the comment is not closed' };
    const token = tokenAt(text, at);
    if (token === undefined)
      return { ok: false, at, error: 'the text is not closed on its line, or has an unknown escape' };
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return { ok: true, tokens };
}
