/** What the tokens of well-known services begin with, at the start of a word or behind a sign such as `=`. */
const TOKEN_PREFIX =
  /(?:^|[=~+]|%[0-9A-Fa-f]{2})(?:sk[-_]|rk_|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|hf_|npm_|pypi-|dop_v1_|shpat_|whsec_|AKIA|ASIA|AIza|ya29\.|eyJ|SG\.)[\w.-]{6,}/;
/** What every word that looks random has: a change between lower case, upper case and digits, inside of a word. */
const SWITCH = /[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z]/;
/** A UUID, also inside of a word: `jsessionid=…`. */
const UUID = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/i;
const UUID_LENGTH = 36;

/** The shortest run of letters and digits that counts as random when it has both; names have shorter numbers. */
const MIN_RANDOM = 16;
/** The same with upper and lower case too, which names of Kubernetes never mix with digits. */
const MIN_MIXED = 10;
const LONG_RUN = new RegExp(`[A-Za-z0-9]{${MIN_MIXED},}`, 'g');
const MIN_BROKEN = 20;

/** How often a text goes from one of lower case, upper case and digits to another, which random text does all the time. */
function switches(text: string): number {
  return text.match(/(?:[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z]))/g)?.length ?? 0;
}

function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && switches(text) * 5 >= text.length;
}

function isRandomRun(run: string): boolean {
  const hasDigit = /[0-9]/.test(run);
  if (run.length >= MIN_RANDOM && hasDigit && /[A-Za-z]/.test(run)) return true;
  return (hasDigit || run.length >= MIN_RANDOM) && isMixed(run);
}

/**
 * True for a word that is probably a credential: a token of a well-known service, a UUID, or text that looks random. A
 * guess, made so that names of people, hosts and Kubernetes objects are seldom taken for one.
 */
export function looksSecret(word: string): boolean {
  if (word.length < MIN_MIXED - 1) return false;
  if (TOKEN_PREFIX.test(word)) return true;
  if (word.length >= UUID_LENGTH && UUID.test(word)) return true;
  if (!SWITCH.test(word)) return false;
  if (word.match(LONG_RUN)?.some(isRandomRun)) return true;
  return word.length >= MIN_BROKEN && /[0-9]/.test(word) && isMixed(word);
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

/** The shortest word that is judged. */
const MIN_WORD = 9;

/** By character code: 1 for the characters of a word. */
const IN_WORD = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w.~%+=-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

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
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && IN_WORD[text.charCodeAt(at)] === 1) continue;
    if (at - start >= MIN_WORD && looksSecret(text.slice(start, at))) {
      shown += `${text.slice(copied, start)}…`;
      copied = at;
    }
    start = at + 1;
  }
  return copied === 0 ? text : shown + text.slice(copied);
}
