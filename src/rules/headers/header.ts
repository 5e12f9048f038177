import { keyPosition } from '../../kubernetes/read.ts';
import { looksSecret } from '../../text/redact.ts';
import { canonicalHeader, isHeaderToken } from '../../toolhive/headerNames.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { child, type FieldPath, type ItemField, listItem } from '../findings/fieldPath.ts';

/** The kinds that forward headers. */
export const FORWARDING = ['MCPServerEntry', 'MCPRemoteProxy'] as const;

export const FORWARD = 'spec.headerForward';
export const PLAIN = `${FORWARD}.addPlaintextHeaders`;
export const SECRET = `${FORWARD}.addHeadersFromSecret`;

/**
 * True for a name that a message may show. Anything but a token may be a whole header line that was pasted as a name, with
 * its credential, so nothing of it is shown, not even the part before a colon or a blank.
 */
export function isShownHeader(name: string): boolean {
  return isHeaderToken(name) && !looksSecret(name);
}

/** A header in a sentence: its name as Go's HTTP client writes it, or `a header` when it must not be shown. */
export function shownHeader(name: string): string {
  return isShownHeader(name) ? canonicalHeader(name) : 'a header';
}

/**
 * A header name as the value of a finding. One that must not be shown is only compared on updates, and that without case, as
 * HTTP does.
 */
export function headerValue(name: string): { readonly value?: string; readonly raw: string } {
  const raw = canonicalHeader(name);
  return isShownHeader(name) ? { value: name, raw } : { raw };
}

/** The item of a list of headers at a position. The item is the same when only the case of its name changes. */
export function headerItem(list: string, index: number, name: string): ItemField {
  return listItem(list, index, canonicalHeader(name));
}

/** One header of an object: its name, that name as Go's HTTP client writes it, and its field, which only findings need. */
export interface Header {
  readonly name: string;
  readonly canonical: string;
  readonly field: FieldPath;
}

class PlaintextHeader implements Header {
  readonly name: string;
  readonly canonical: string;
  readonly #all: HeaderForward['plaintext'];

  constructor(name: string, all: HeaderForward['plaintext']) {
    this.name = name;
    this.canonical = canonicalHeader(name);
    this.#all = all;
  }

  get field(): FieldPath {
    const shown = isShownHeader(this.name) ? this.name : keyPosition(this.name, this.#all);
    return { shown: `${PLAIN}[${shown}]`, stable: `${PLAIN}[${this.canonical}]` };
  }
}

class SecretHeader implements Header {
  readonly name: string;
  readonly canonical: string;
  readonly #index: number;

  constructor(name: string, index: number) {
    this.name = name;
    this.canonical = canonicalHeader(name);
    this.#index = index;
  }

  get field(): FieldPath {
    return child(headerItem(SECRET, this.#index, this.name), 'headerName');
  }
}

export function plaintextHeaders({ plaintext }: HeaderForward): Header[] {
  return Object.keys(plaintext).map((name) => new PlaintextHeader(name, plaintext));
}

export function secretHeaders({ fromSecret }: HeaderForward): Header[] {
  return fromSecret.map(({ headerName }, index) => new SecretHeader(headerName, index));
}

/** The object that carries the headers. */
export interface HeaderOwner {
  readonly name: string;
  readonly headers: HeaderForward | undefined;
  readonly hasAuth: boolean;
  /** Where the headers are sent. */
  readonly remoteUrl: string | undefined;
  /** True for entries: their headers become environment variables of the vMCP. */
  readonly inEnvironment: boolean;
}
