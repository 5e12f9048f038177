import type { HeaderForward } from '../../toolhive/headerForward.ts';
import { canonicalHeader } from '../../toolhive/headerNames.ts';
import { child, type FieldPath, listItem } from '../fieldPath.ts';
import type { Target } from '../rule.ts';

/** The kinds that forward headers. */
export const FORWARDING: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy'];

export const FORWARD = 'spec.headerForward';
export const PLAIN = `${FORWARD}.addPlaintextHeaders`;
export const SECRET = `${FORWARD}.addHeadersFromSecret`;

/** One header of an object: its name, that name as Go's HTTP client writes it, and its field. */
export interface Header {
  readonly name: string;
  readonly canonical: string;
  readonly field: FieldPath;
}

export function header(name: string, field: FieldPath): Header {
  return { name, canonical: canonicalHeader(name), field };
}

export function plaintextHeaders(headers: HeaderForward): Header[] {
  return Object.keys(headers.plaintext).map((name) => header(name, `${PLAIN}[${name}]`));
}

export function secretHeaders(headers: HeaderForward): Header[] {
  return headers.fromSecret.map(({ headerName }, index) =>
    header(headerName, child(listItem(SECRET, index, headerName), 'headerName')),
  );
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
