import { type Fault, fault, type Host, parseHost } from './host.ts';
import { plainHost } from './plainUrl.ts';
import { lastSign } from './shown.ts';

export interface Endpoint {
  readonly secure: boolean;
  readonly host: Host;
  /** True when the host may be a piece of a password, so no message may name it. */
  readonly hidden: boolean;
}

/** The faults of a text as an endpoint, and the endpoint when it is certain in spite of them. */
export interface ParsedEndpoint {
  readonly faults: readonly Fault[];
  readonly endpoint: Endpoint | undefined;
}

/** The length of a URL that RFC 9110 section 4.1 recommends to support; longer ones need not work everywhere. */
const MAX_URL = 8_000;
const NO_FAULTS: readonly Fault[] = [];

/** `host`, `host:port`, `[v6]` or `[v6]:port` at first sight. */
const PLAIN_AUTHORITY = /^(?:[^:[\]]*|\[[^[\]]*\])(?::[0-9]*)?$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const MAX_PORT = 65535;
const MAX_SHOWN_PORT = 20;

/** Anything but printable ASCII, and the backslash, which some parsers read as a slash. */
const FOREIGN_CHARACTER = /[^\x21-\x5b\x5d-\x7e]/u;

function characterName(character: string): string {
  if (character === ' ') return 'a blank';
  if (character === '\\') return 'a backslash';
  const code = character.codePointAt(0) ?? 0;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code < 0x20 || code === 0x7f ? `the control character ${hex}` : `the non-ASCII character ${hex}`;
}

/** `hidden`: the character may be one of a password. */
function foreignFault(character: string, hidden: boolean): Fault {
  return fault(
    'syntax',
    hidden
      ? 'must not contain blanks, backslashes, control or non-ASCII characters; only printable ASCII is allowed, escape the rest as %XX'
      : `must not contain ${characterName(character)}; only printable ASCII is allowed, escape the rest as %XX`,
  );
}

/** Splits `host`, `host:port`, `[v6]`, `[v6]:port`. The port is undefined when there is no colon. */
function splitAuthority(authority: string): { host: string; port: string | undefined } | undefined {
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  if (authority.startsWith('[') && bracket < 0) return undefined;
  const hostEnd = bracket >= 0 ? bracket + 1 : authority.indexOf(':');
  if (hostEnd < 0) return { host: authority, port: undefined };
  const rest = authority.slice(hostEnd);
  if (rest === '') return { host: authority, port: undefined };
  return rest.startsWith(':') ? { host: authority.slice(0, hostEnd), port: rest.slice(1) } : undefined;
}

/**
 * A password with an unescaped `/` or `?` ends the authority before its `@`: the start of it then looks like a port.
 */
function hidesUserinfo(authority: string, tail: string): boolean {
  return tail.includes('@') && !PLAIN_AUTHORITY.test(authority);
}

/** Adds the faults of `host:port` to those before it, and gives the host unless it is uncertain where that ends. */
function readHostPort(written: string, hidden: boolean, faults: Fault[]): Host | undefined {
  const parts = splitAuthority(written);
  if (parts === undefined || parts.host === '') {
    faults.push(
      parts
        ? fault('syntax', 'has no host name: the vMCP would dial its own Pod')
        : fault('syntax', 'the part after :// is not a host with an optional :port'),
    );
    return undefined;
  }
  const { host, port = '' } = parts;
  if (port !== '' && !(PORT.test(port) && Number(port) <= MAX_PORT)) {
    // Anything but digits may be a password whose host was forgotten.
    const isShown = !hidden && port.length <= MAX_SHOWN_PORT && /^[0-9]+$/.test(port);
    const subject = isShown ? `port "${port}"` : 'its port';
    faults.push(
      fault('port', `${subject} must be a decimal number from 1 to ${MAX_PORT} without leading zeros`),
    );
    // Most likely an IPv6 address without brackets, so the part before the first colon is not the host.
    if (/[:[\]]/.test(port)) return undefined;
  }
  const parsed = parseHost(host, hidden);
  if ('detail' in parsed) {
    faults.push(parsed);
    return undefined;
  }
  return parsed;
}

/**
 * Reads the parts of a URL one after the other and adds the faults of each to `faults`. Stops at the first part whose end is
 * uncertain: parsers differ there, and a guess about the rest would mislead.
 */
function readParts(text: string, scheme: string, faults: Fault[]): Omit<Endpoint, 'secure'> | undefined {
  const start = scheme.length;
  const length = text.slice(start).search(/[/?#]/);
  const end = length < 0 ? text.length : start + length;
  const sign = lastSign(text);
  const foreign = FOREIGN_CHARACTER.exec(text);
  if (foreign) {
    faults.push(foreignFault(foreign[0], foreign.index < sign));
    if (foreign.index < end) return undefined;
  }
  const fragment = text.indexOf('#');
  if (fragment >= 0) {
    faults.push(fault('syntax', 'must not contain "#"; a fragment is never sent to a server'));
    // Old parsers take a "#" right behind the host for a part of it.
    if (fragment === end) return undefined;
  }
  const authority = text.slice(start, end);
  const tail = text.slice(end);
  const at = authority.lastIndexOf('@');
  const written = authority.slice(at + 1);
  const hides = hidesUserinfo(written, tail);
  if (at >= 0 || hides)
    faults.push(
      fault(
        'userinfo',
        'must not carry user information (the part before "@"): it ends up readable in config, status and logs; use externalAuthConfigRef or addHeadersFromSecret',
      ),
    );
  if (hides || at !== authority.indexOf('@')) return undefined;
  const escaped = written.includes('%');
  if (escaped)
    faults.push(
      fault(
        'host-spelling',
        'must not contain "%" in the host: escapes and IPv6 zones can reach another host than the one shown',
      ),
    );
  // Not quoted: in a query it may be a piece of a credential.
  if (/%(?![0-9A-Fa-f]{2})/.test(fragment < 0 ? tail : text.slice(end, fragment)))
    faults.push(fault('syntax', 'has a "%" that two hex digits do not follow; write a literal % as %25'));
  if (escaped) return undefined;
  const hidden = sign > start + at;
  const host = readHostPort(written, hidden, faults);
  return host && { host, hidden };
}

/**
 * Reads a URL the strict way: only texts that Go's `net/url` (which the vMCP uses) and WHATWG's parser read alike pass,
 * since a text on which parsers disagree can reach another server than the one that was judged.
 * Returns every fault that is certain, always in the same order. Details name at most the host and the port, and nothing
 * before an `@`. Never throws; linear in the length of the text.
 */
export function parseEndpoint(text: string): ParsedEndpoint {
  const plain = plainHost(text);
  if (plain)
    return {
      faults: NO_FAULTS,
      endpoint: { secure: text.startsWith('https'), host: plain, hidden: false },
    };
  if (text.length > MAX_URL)
    return {
      faults: [
        fault(
          'syntax',
          `has ${text.length} characters, at most ${MAX_URL} are allowed: software on the way need not take more; shorten the path or the query`,
        ),
      ],
      endpoint: undefined,
    };
  const scheme = /^https?:\/\//i.exec(text)?.[0];
  const lowerCase = scheme?.toLowerCase();
  const faults: Fault[] = [];
  if (scheme === undefined || scheme !== lowerCase)
    faults.push(fault('syntax', 'must start with http:// or https:// in lower case'));
  const parts = scheme === undefined ? undefined : readParts(text, scheme, faults);
  if (parts === undefined) return { faults, endpoint: undefined };
  if (faults.length > 0 || URL.canParse(text))
    return { faults, endpoint: { secure: lowerCase === 'https://', ...parts } };
  return { faults: [fault('syntax', 'is not a URL')], endpoint: undefined };
}
