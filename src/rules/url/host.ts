/** The host of an endpoint in canonical form: lower case, without a trailing dot, IPv6 without brackets. */
export type Host =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'ipv4'; readonly text: string }
  | { readonly kind: 'ipv6'; readonly text: string };

/** Why a text is not an endpoint; each is a rule of its own. */
export type EndpointFault = 'syntax' | 'userinfo' | 'port' | 'host-spelling' | 'host-name';

export interface Fault {
  readonly kind: EndpointFault;
  readonly detail: string;
}

export function fault(kind: EndpointFault, detail: string): Fault {
  return { kind, detail };
}

const MAX_NAME = 253;
/** RFC 1123 label; an underscore is tolerated because DNS carries it and real services use it. */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** The host in a sentence. Hidden when it may be a piece of a password. */
export function hostSubject(host: string, hidden: boolean): string {
  return hidden ? 'its host' : `host "${host}"`;
}

/** The host as WHATWG's parser reads it; undefined when it does not. */
function canonicalHost(undotted: string): string | undefined {
  return URL.parse(`http://${undotted}/`)?.hostname;
}

function unreadable(written: string, undotted: string, subject: string): Fault {
  if (/^[0-9.]+$/.test(undotted) || /(?:^|\.)0x[0-9a-f]*$/i.test(undotted))
    return fault(
      'host-spelling',
      `${subject} looks like an IPv4 address but is none; write it as four decimals, e.g. 203.0.113.7`,
    );
  return fault(
    written.startsWith('[') ? 'host-spelling' : 'host-name',
    `${subject} is neither a DNS name nor an address`,
  );
}

/**
 * Reads the host part alone; `written` is not empty and holds no `@`, `%` or port. Only what Go and WHATWG read alike
 * passes. `hidden`: the details must not repeat any of it.
 */
export function parseHost(written: string, hidden: boolean): Host | Fault {
  const undotted = written.endsWith('.') ? written.slice(0, -1) : written;
  // First of all: decoding an endless punycode label takes quadratic time.
  if (undotted.length > MAX_NAME)
    return fault(
      'host-name',
      `the host name has ${undotted.length} characters, at most ${MAX_NAME} are allowed`,
    );
  const canonical = canonicalHost(undotted);
  const subject = hostSubject(written, hidden);
  if (canonical === undefined) return unreadable(written, undotted, subject);
  if (canonical.startsWith('[')) return { kind: 'ipv6', text: canonical.slice(1, -1) };
  if (/^\d+\.\d+\.\d+\.\d+$/.test(canonical)) {
    if (written === canonical) return { kind: 'ipv4', text: canonical };
    return fault(
      'host-spelling',
      `${subject} is another spelling of ${hidden ? 'an address' : `the address ${canonical}`}; parsers read such spellings differently, so write an address as four plain decimals`,
    );
  }
  if (undotted.startsWith('.') || undotted.endsWith('.') || undotted.includes('..'))
    return fault('host-spelling', `${subject} has an empty label (two dots in a row, or a dot at an edge)`);
  const bad = undotted.split('.').find((label) => !LABEL.test(label));
  if (bad !== undefined)
    return fault(
      'host-name',
      `${hidden ? 'a part of its host' : `"${bad}" in the host`} is not a valid DNS label: 1 to 63 letters, digits and hyphens, no hyphen at an edge`,
    );
  if (canonical !== undotted.toLowerCase())
    return fault(
      'host-spelling',
      `${subject} is read as ${hidden ? 'another name' : `"${canonical}"`} by some parsers; write that name itself`,
    );
  return { kind: 'name', text: canonical };
}
