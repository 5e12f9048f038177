import { redacted } from '../../text/redact.ts';
import { plainHost } from './plainUrl.ts';

/** How much of a URL a message shows. */
const MAX_SHOWN = 120;
/** How much of a URL is masked before it is cut: masking makes it shorter. */
const MAX_REDACTED = 1_000;
/** `@` and the two characters that UTS 46 (which parsers apply to hosts) maps to it: fullwidth and small. */
const SIGNS = ['@', '\uff20', '\ufe6b'] as const;
/** The same as escapes; that of `@` also when it was escaped again. */
const ESCAPED_SIGN = /%(?:25)*40|%EF%BC%A0|%EF%B9%AB/gi;

/** The scheme, which is shown before a masked part: it cannot be the name of a user. */
const SCHEME = /^https?:(?:\/\/)?/i;

/**
 * The position of the last sign that may end user information, in any spelling and any part of the text; -1 without one.
 * Everything before it may be a password: parsers, and people who forgot an escape, disagree about where it ends.
 */
export function lastSign(text: string): number {
  let last = Math.max(...SIGNS.map((sign) => text.lastIndexOf(sign)));
  if (text.includes('%')) for (const { index } of text.matchAll(ESCAPED_SIGN)) last = Math.max(last, index);
  return last;
}

/** `host:` and what follows when that is not a port: perhaps a user's name and password, whose host was forgotten. */
const ODD_PORT = /^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/:[\]]*:)(?!\d{0,10}(?:\/|$)|\/\/)[^/]*/i;

/**
 * A URL as a message may show it: without query and fragment, which may hold credentials, without what may be user
 * information, with `…` for parts of the path that look like a credential, and cut to 120 characters. The text may not be a
 * URL at all.
 */
export function shownUrl(text: string): string {
  if (text.length <= MAX_SHOWN && plainHost(text) !== undefined) return redacted(text);
  const query = text.search(/[?#]/);
  const end = query < 0 ? text.length : query;
  const sign = lastSign(text);
  const scheme = SCHEME.exec(text)?.[0] ?? '';
  // With the sign in the query, everything is either before the sign or in the query.
  if (sign >= end) return `${scheme}…`;
  const masked =
    sign < 0 ? text.slice(0, end).replace(ODD_PORT, '$1…') : `${scheme}…${text.slice(sign, end)}`;
  const path = redacted(masked.slice(0, MAX_REDACTED));
  const shown = query < 0 ? path : `${path}?…`;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
