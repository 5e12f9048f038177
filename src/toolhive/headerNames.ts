/** RFC 9110 section 5.1: a field name is a token. */
export const HEADER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Names that ToolHive's vMCP refuses to forward, in canonical form; the backend of such a header fails at run time. */
export const RESTRICTED_HEADERS: readonly string[] = [
  'Host',
  'Connection',
  'Keep-Alive',
  'Te',
  'Trailer',
  'Upgrade',
  'Http2-Settings',
  'Proxy-Authorization',
  'Proxy-Authenticate',
  'Proxy-Connection',
  'Transfer-Encoding',
  'Content-Length',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-Ip',
];

const RESTRICTED = new Set(RESTRICTED_HEADERS);

/** The CRD's own limit for headers from Secrets; it has none for plaintext ones, and no server takes longer names. */
export const MAX_HEADER_NAME = 255;

/** True when the name may stand in an HTTP request. */
export function isHeaderToken(name: string): boolean {
  return name.length <= MAX_HEADER_NAME && HEADER_TOKEN.test(name);
}

/** What is canonical already, as most people write it. */
const CANONICAL = /^[A-Z][^A-Z-]*(?:-[A-Z][^A-Z-]*)*$/;

/**
 * Go's `http.CanonicalHeaderKey`: upper case at the start and after each `-`, lower case elsewhere. A name that is
 * no token stays as it is, as in Go.
 */
export function canonicalHeader(name: string): string {
  if (CANONICAL.test(name) || !isHeaderToken(name)) return name;
  const parts = name.toLowerCase().split('-');
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('-');
}

/** True for a name in canonical form that ToolHive's vMCP refuses to forward. */
export function isRestrictedHeader(canonical: string): boolean {
  return RESTRICTED.has(canonical);
}

/** True for a name in canonical form that ToolHive's vMCP forwards and that may stand in an HTTP request. */
export function isForwardedHeader(canonical: string): boolean {
  return isHeaderToken(canonical) && !isRestrictedHeader(canonical);
}

/** True when Go's `net/http` sends the value: no control character but a tab. Source: `httpguts.ValidHeaderFieldValue`. */
export function isHeaderValue(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
}
