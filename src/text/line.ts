import { isShownKey } from './redact.ts';

declare const clean: unique symbol;

/** What {@link oneLine} gave. The type proves that a text was cleaned, so it is cleaned once. */
export type Line = string & { readonly [clean]: true };

/** The longest line: enough for every sentence of the webhook; what a user wrote may be longer. */
const MAX_LINE = 1_024;
/** How much of a value a message repeats. */
const MAX_QUOTED = 120;
/** How much of a key stands in a path. */
const MAX_IN_PATH = 60;

const PLAIN = /^[\x20-\x7e]*$/;
/** Line ends and everything that Go's `unicode.IsControl` knows: a warning with one of them vanishes silently. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Invisible formatting such as bidi overrides: shown as an escape, so that a message cannot pretend to say something else. */
const INVISIBLE = /\p{Cf}/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Cuts a text to `limit` characters (code points, what Go calls runes), the last one an ellipsis when it was cut. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  if (PLAIN.test(text)) return `${text.slice(0, limit - 1)}…`;
  // A code point has at most two code units, so this much holds one more than the limit if there is one more.
  const points = [...text.slice(0, 2 * limit + 2)];
  return points.length <= limit ? points.join('') : `${points.slice(0, limit - 1).join('')}…`;
}

const BLANK = 0x20;

/** True for what {@link oneLine} leaves as it is, which is nearly everything. */
function isOneLine(text: string, limit: number): boolean {
  const edges = text.charCodeAt(0) === BLANK || text.charCodeAt(text.length - 1) === BLANK;
  return text.length <= limit && !edges && PLAIN.test(text);
}

/**
 * One line that a terminal can show: no control characters, no invisible ones, at most `limit` characters.
 * The text may hold anything that a user wrote.
 */
export function oneLine(text: string, limit: number = MAX_LINE): Line {
  if (isOneLine(text, limit)) return text as Line;
  // Whatever stands beyond this is not shown in any case, and a text may have megabytes.
  const short = text.slice(0, 2 * limit + 2);
  const line = PLAIN.test(short) ? short : short.replace(CONTROL, ' ').replace(INVISIBLE, escaped);
  const trimmed = line.trim();
  const whole = short.length < text.length && trimmed.length <= limit ? `${trimmed}…` : trimmed;
  return cut(whole, limit) as Line;
}

/** A line after a prefix. The prefix must consist of the webhook's own words and of what {@link quoted} returned. */
export function prefixed(prefix: string, line: Line): Line {
  const text = prefix + line;
  return text.length <= MAX_LINE ? (text as Line) : oneLine(text);
}

/** A line with the id of a rule or reason in brackets behind it, of at most `limit` characters: the line is cut, never the id. */
export function tagged(line: Line, id: string, limit: number = MAX_LINE): Line {
  const tag = ` [${id}]`;
  const short = line.length + tag.length <= limit ? line : oneLine(line, limit - tag.length);
  return `${short}${tag}` as Line;
}

/** A value in double quotes on one line, cut when it is long; quotes and backslashes in it are escaped. */
export function quoted(value: string): string {
  return JSON.stringify(oneLine(value, MAX_QUOTED));
}

/**
 * A key of a map as a part of a path, or `…` for one that must not be shown. It is cut, since the path is repeated for each
 * fault below it.
 */
export function pathKey(key: string): string {
  return isShownKey(key) ? oneLine(key, MAX_IN_PATH) : '…';
}

/** A number of things: `1 Pod`, `2 Pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** More names than a sentence can list. */
const MAX_LISTED = 20;

/** Names in a sentence: `a, b and 7 more` where they are very many. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
