import { isPlainUrl, plainHost } from './plainUrl.ts';

/** Why a text is not an endpoint; each is a rule of its own. */
export type EndpointFault = 'syntax' | 'userinfo' | 'port' | 'host-spelling' | 'host-name';

/** The host of an endpoint in canonical form: lower case, without a trailing dot, IPv6 without brackets. */
export type Host =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'ipv4'; readonly text: string }
  | { readonly kind: 'ipv6'; readonly text: string };

export interface Endpoint {
  readonly secure: boolean;
  readonly host: Host;
}

export type ParsedEndpoint =
  | { readonly ok: true; readonly endpoint: Endpoint }
  | { readonly ok: false; readonly fault: EndpointFault; readonly detail: string };

/** RFC 9110 section 4.1: a URL of at least this many octets should be supported everywhere; nobody promises more. */
const MAX_URL = 8_000;
const MAX_NAME = 253;
/** How much of a URL a message shows. */
const MAX_SHOWN = 120;
/** RFC 1123 label; an underscore is tolerated because DNS carries it and real services use it. */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const DOTTED_QUAD = /^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/;

/** `host`, `host:port`, `[v6]` or `[v6]:port` at first sight. */
const PLAIN_AUTHORITY = /^(?:[^:[\]]*|\[[^[\]]*\])(?::[0-9]*)?$/;

type Failure = Extract<ParsedEndpoint, { ok: false }>;

function fault(kind: EndpointFault, detail: string): Failure {
  return { ok: false, fault: kind, detail };
}

/** Anything but printable ASCII, and the backslash, which some parsers read as a slash. */
const FOREIGN_CHARACTER = /[^\x21-\x5b\x5d-\x7e]/u;

function characterName(character: string): string {
  if (character === ' ') return 'a blank';
  if (character === '\\') return 'a backslash';
  const code = character.codePointAt(0) ?? 0;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code < 0x20 || code === 0x7f ? `the control character ${hex}` : `the non-ASCII character ${hex}`;
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
 * A password with an unescaped `/` or `?` ends the authority before its `@`: the start of it then looks like a port,
 * and no message may repeat it.
 */
function hidesUserinfo(authority: string, tail: string): boolean {
  return tail.includes('@') && !PLAIN_AUTHORITY.test(authority);
}

/** Reads the host part alone; `written` is not empty and holds no `@`, `%` or port. */
function parseHost(written: string): Host | Failure {
  const undotted = written.endsWith('.') ? written.slice(0, -1) : written;
  // First of all: decoding an endless punycode label takes quadratic time.
  if (undotted.length > MAX_NAME)
    return fault(
      'host-name',
      `the host name has ${undotted.length} characters, at most ${MAX_NAME} are allowed`,
    );
  let canonical: string;
  try {
    canonical = new URL(`http://${undotted}/`).hostname;
    // The dotted form has to be readable too: a parser that sees an address in it must be caught below.
    if (undotted !== written) new URL(`http://${written}/`);
  } catch {
    if (/^[0-9.]+$/.test(undotted) || /(?:^|\.)0x[0-9a-f]*$/i.test(undotted))
      return fault(
        'host-spelling',
        `host "${written}" looks like an IPv4 address but is none; write it as four decimals, e.g. 203.0.113.7`,
      );
    return fault(
      written.startsWith('[') ? 'host-spelling' : 'host-name',
      `host "${written}" is neither a DNS name nor an address`,
    );
  }
  if (canonical.startsWith('[')) return { kind: 'ipv6', text: canonical.slice(1, -1) };
  if (/^\d+\.\d+\.\d+\.\d+$/.test(canonical)) {
    if (written === canonical && DOTTED_QUAD.test(written)) return { kind: 'ipv4', text: canonical };
    return fault(
      'host-spelling',
      `host "${written}" is another spelling of the address ${canonical}; parsers read such spellings differently, so write an address as four plain decimals`,
    );
  }
  if (undotted === '' || undotted.startsWith('.') || undotted.endsWith('.') || undotted.includes('..'))
    return fault(
      'host-spelling',
      `host "${written}" has an empty label (two dots in a row, or a dot at an edge)`,
    );
  const bad = undotted.split('.').find((label) => !LABEL.test(label));
  if (bad !== undefined)
    return fault(
      'host-name',
      `"${bad.slice(0, 80)}" in the host is no DNS label: 1 to 63 letters, digits and hyphens, no hyphen at an edge`,
    );
  if (canonical !== undotted.toLowerCase())
    return fault(
      'host-spelling',
      `host "${written}" is read as "${canonical}" by some parsers; write that name itself`,
    );
  return { kind: 'name', text: canonical };
}

/**
 * Reads a URL the strict way: only texts that Go's `net/url` (which the vMCP uses) and WHATWG's parser read alike pass,
 * since a text on which parsers disagree can reach another server than the one that was judged (gaps U1–U5, U10, U11).
 * Details name the host and never the userinfo, path or query. Never throws; linear in the length of the text.
 */
export function parseEndpoint(text: string): ParsedEndpoint {
  const plain = plainHost(text);
  if (plain) return { ok: true, endpoint: { secure: text.startsWith('https'), host: plain } };
  if (text.length > MAX_URL)
    return fault(
      'syntax',
      `has ${text.length} characters, at most ${MAX_URL} are allowed: software on the way need not take more; shorten the path or the query`,
    );
  const scheme = /^https?:\/\//.exec(text)?.[0];
  if (scheme === undefined) return fault('syntax', 'must start with http:// or https:// in lower case');
  const foreign = FOREIGN_CHARACTER.exec(text)?.[0];
  if (foreign !== undefined)
    return fault(
      'syntax',
      `must not contain ${characterName(foreign)}; only printable ASCII is allowed, escape the rest as %XX`,
    );
  if (text.includes('#'))
    return fault('syntax', 'must not contain "#"; a fragment is never sent to a server');
  const rest = text.slice(scheme.length);
  const end = rest.search(/[/?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const tail = end < 0 ? '' : rest.slice(end);
  if (authority.includes('@') || hidesUserinfo(authority, tail))
    return fault(
      'userinfo',
      'must not carry user information (the part before "@"): it ends up readable in config, status and logs; use externalAuthConfigRef or addHeadersFromSecret',
    );
  if (authority.includes('%'))
    return fault(
      'host-spelling',
      'must not contain "%" in the host: escapes and IPv6 zones can reach another host than the one shown',
    );
  // Not quoted: in a query it may be a piece of a credential.
  if (/%(?![0-9A-Fa-f]{2})/.test(tail))
    return fault('syntax', 'has a "%" that two hex digits do not follow; write a literal % as %25');
  const parts = splitAuthority(authority);
  if (parts === undefined) return fault('syntax', 'the part after :// is no host with an optional :port');
  const { host, port } = parts;
  if (host === '') return fault('syntax', 'has no host name: the vMCP would dial its own Pod');
  if (port !== undefined && port !== '' && !(/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535))
    return fault(
      'port',
      `port "${port.slice(0, 20)}" must be a decimal number from 1 to 65535 without leading zeros`,
    );
  const parsed = parseHost(host);
  if ('ok' in parsed) return parsed;
  if (!URL.canParse(text)) return fault('syntax', 'is not a URL');
  return { ok: true, endpoint: { secure: scheme === 'https://', host: parsed } };
}

/**
 * A URL as a message may show it: without userinfo and query, which may hold credentials, and cut to 120 characters.
 * Everything before the last `@` is hidden, also when the text is no URL.
 */
export function shownUrl(text: string): string {
  if (text.length <= MAX_SHOWN && isPlainUrl(text)) return text;
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0] ?? '';
  const end = text.slice(scheme.length).search(/[/?#\\]/);
  const authority = end < 0 ? text.slice(scheme.length) : text.slice(scheme.length, scheme.length + end);
  if (!authority.includes('@') && hidesUserinfo(authority, text)) return `${scheme}…`;
  const cut = text.search(/[?#]/);
  let shown = cut < 0 ? text : `${text.slice(0, cut)}?…`;
  const at = shown.lastIndexOf('@');
  if (at >= 0) shown = `${scheme}…${shown.slice(at)}`;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
