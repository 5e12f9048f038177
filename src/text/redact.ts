/** What the tokens of well-known services begin with, at the start of a word or behind a sign such as `=`. */
const TOKEN_PREFIX =
  /(?:^|[=~+]|%[0-9A-Fa-f]{2})(?:sk[-_]|rk_|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|hf_|npm_|pypi-|dop_v1_|shpat_|whsec_|AKIA|ASIA|AIza|ya29\.|eyJ|SG\.)[\w.-]{6,}/;
/**
 * The prefixes among these that no name has, behind any sign and in either case: a token that was pasted into the name of a
 * header, `X-Xoxb-1…`. The digit is looked for within 40 characters: a key may have megabytes and repeat a prefix in all of them.
 */
const PREFIX_IN_NAME =
  /(?:^|[^0-9a-z])(?:gh[oprsu]_|github_pat_|glpat-|xox[a-z]-)(?=[\w.-]{0,40}\d)[\w.-]{6,}/i;
/** A UUID, also inside of a word: `jsessionid=…`. */
const UUID = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/i;
const UUID_LENGTH = 36;

/** The shortest run of letters and digits that counts as random when it has both; names have shorter numbers. */
const MIN_RANDOM = 16;
/** The same with upper and lower case too, which names of Kubernetes never mix with digits. */
const MIN_MIXED = 10;
/** The shortest word with signs in it that counts as random as a whole. */
const MIN_BROKEN = 20;
/** The shortest word that is judged. */
const MIN_WORD = 9;

const LOWER = 1;
const UPPER = 2;
const DIGIT = 4;
const SIGN = 8;
/** By character code: what a character of a word is; 0 for what ends a word. */
const KIND = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/.test(character)) return LOWER;
  if (/[A-Z]/.test(character)) return UPPER;
  if (/[0-9]/.test(character)) return DIGIT;
  return /[_.~%+=-]/.test(character) ? SIGN : 0;
});

function kindAt(text: string, at: number): number {
  return at < text.length ? (KIND[text.charCodeAt(at)] ?? 0) : 0;
}

/** True for text that has both cases and often goes from one of lower case, upper case and digits to another. */
function isMixed(length: number, kinds: number, switches: number): boolean {
  return (kinds & LOWER) !== 0 && (kinds & UPPER) !== 0 && switches * 5 >= length;
}

/** True for a run of letters and digits that no name has: see {@link MIN_RANDOM} and {@link MIN_MIXED}. */
function isRandomRun(length: number, kinds: number, switches: number): boolean {
  if (length < MIN_MIXED) return false;
  const hasDigit = (kinds & DIGIT) !== 0;
  if (length >= MIN_RANDOM && hasDigit && kinds !== DIGIT) return true;
  return (hasDigit || length >= MIN_RANDOM) && isMixed(length, kinds, switches);
}

/** True for a word with a run that looks random, or that looks so as a whole. One pass, since each word of a message is judged. */
function looksRandom(word: string): boolean {
  let kinds = 0;
  let switches = 0;
  let start = 0;
  let runKinds = 0;
  let runSwitches = 0;
  let last = 0;
  for (let at = 0; at <= word.length; at++) {
    const kind = kindAt(word, at) & ~SIGN;
    if (kind === 0) {
      if (isRandomRun(at - start, runKinds, runSwitches)) return true;
      kinds |= runKinds;
      switches += runSwitches;
      start = at + 1;
      runKinds = 0;
      runSwitches = 0;
    } else {
      // A capital letter before small ones, as at the start of a word, does not count.
      if (last !== 0 && last !== kind && !(last === UPPER && kind === LOWER)) runSwitches++;
      runKinds |= kind;
    }
    last = kind;
  }
  return word.length >= MIN_BROKEN && (kinds & DIGIT) !== 0 && isMixed(word.length, kinds, switches);
}

/**
 * True for a word that is probably a credential: a token of a well-known service, a UUID, or text that looks random. A
 * guess, made so that names of people, hosts and Kubernetes objects are seldom taken for one.
 */
export function looksSecret(word: string): boolean {
  if (word.length < MIN_WORD) return false;
  if (TOKEN_PREFIX.test(word) || PREFIX_IN_NAME.test(word)) return true;
  return (word.length >= UUID_LENGTH && UUID.test(word)) || looksRandom(word);
}

/** Keys of ConfigMaps, annotations and labels, and nearly all names of headers. */
const NAME = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)?[\w.-]{1,128}$/;

/**
 * True for a map key that a message may show. People paste whole header lines as a key, with their credential, so only what
 * looks like a name is shown.
 */
export function isShownKey(key: string): boolean {
  return NAME.test(key) && !looksSecret(key);
}

const SCHEME = /^(?:https?:(?:\/\/)?|[a-z][a-z0-9+.-]*:\/\/)/i;

/** A word without what may be user information before an `@`, and without the query and the fragment of a URL. */
function withoutUser(word: string): string {
  const scheme = SCHEME.exec(word)?.[0] ?? '';
  const sign = word.lastIndexOf('@');
  const before = word.slice(0, Math.max(sign, 0));
  // Behind the sign of an image stands its digest.
  const isUser = before.includes(':') && !word.startsWith('sha256:', sign + 1);
  const shown = isUser ? `${scheme}…${word.slice(sign)}` : word;
  const query = scheme === '' ? -1 : shown.search(/[?#]/);
  return query < 0 ? shown : `${shown.slice(0, query)}?…`;
}

/**
 * A text for people, with `…` for each word that looks like a credential, for user information, and for the query of a URL,
 * wherever a field has one that should have none.
 */
export function redacted(text: string): string {
  return withoutSecretWords(/[@?#]/.test(text) ? text.replace(/[^\s"]+/g, withoutUser) : text);
}

/** A loop, since a regular expression that calls back for each word took a tenth of a denial with seven causes. */
function withoutSecretWords(text: string): string {
  let shown = '';
  let copied = 0;
  let start = 0;
  let kinds = 0;
  for (let at = 0; at <= text.length; at++) {
    const kind = kindAt(text, at);
    kinds |= kind;
    if (kind !== 0) continue;
    // A word of lower-case letters only is never a secret: no token looks like that, and it does not look random.
    if (at - start >= MIN_WORD && kinds !== LOWER && looksSecret(text.slice(start, at))) {
      shown += `${text.slice(copied, start)}…`;
      copied = at;
    }
    start = at + 1;
    kinds = 0;
  }
  return copied === 0 ? text : shown + text.slice(copied);
}
