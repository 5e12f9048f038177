import type { HeaderForward } from '../toolhive/headerForward.ts';
import {
  canonicalHeader,
  isHeaderToken,
  isHeaderValue,
  isRestrictedHeader,
} from '../toolhive/headerNames.ts';
import type { SecretKeyRef } from '../toolhive/reference.ts';
import { compare } from './names.ts';

/** The headers that the vMCP will add for one backend, each name once, sorted. */
export interface ForwardedHeaders {
  readonly plaintext: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly (readonly [name: string, ref: SecretKeyRef])[];
  /** Names that the vMCP refuses and that are therefore not forwarded; the backend would fail with them. */
  readonly dropped: readonly string[];
}

/** Go's `encoding/json` escapes these for HTML, and the two line separators. */
const GO_ESCAPES = /[<>&\u2028\u2029]/g;

function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    GO_ESCAPES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function goObject(pairs: readonly (readonly [key: string, value: string])[]): string {
  return `{${pairs.map(([key, value]) => `${goJson(key.toWellFormed())}:${goJson(value.toWellFormed())}`).join(',')}}`;
}

/**
 * What of `headerForward` takes effect. Names are compared as Go's `net/http` does; of equal ones a secret wins over a
 * plaintext value, as in the vMCP, and the first in byte order over the others. Undefined when nothing is left.
 */
export function forwardedHeaders(headers: HeaderForward | undefined): ForwardedHeaders | undefined {
  if (!headers) return undefined;
  const dropped = new Set<string>();
  const sendable = (name: string) => {
    const fine = isHeaderToken(name) && !isRestrictedHeader(canonicalHeader(name));
    if (!fine) dropped.add(name);
    return fine;
  };
  const secrets = new Map<string, readonly [string, SecretKeyRef]>();
  const listed = headers.fromSecret.toSorted((a, b) => compare(a.headerName, b.headerName));
  for (const { headerName, secret } of listed)
    if (secret && sendable(headerName) && !secrets.has(canonicalHeader(headerName)))
      secrets.set(canonicalHeader(headerName), [headerName, secret]);
  const plaintext = new Map<string, readonly [string, string]>();
  const named = Object.entries(headers.plaintext).sort((a, b) => compare(a[0], b[0]));
  for (const [name, value] of named) {
    const canonical = canonicalHeader(name);
    if (!sendable(name) || secrets.has(canonical) || plaintext.has(canonical)) continue;
    if (isHeaderValue(value)) plaintext.set(canonical, [name, value]);
    else dropped.add(name);
  }
  if (secrets.size + plaintext.size + dropped.size === 0) return undefined;
  return { plaintext: [...plaintext.values()], secrets: [...secrets.values()], dropped: [...dropped].sort() };
}

/** True when the vMCP must be told about the headers. */
export function hasHeaders(headers: ForwardedHeaders | undefined): headers is ForwardedHeaders {
  return headers !== undefined && headers.plaintext.length + headers.secrets.length > 0;
}

/**
 * The manifest of an entry's headers as ToolHive writes it: sorted keys, Go's JSON escaping, empty parts absent.
 * Not yet escaped for the kubelet. `identifier` gives what stands for a secret header: its variable's name without
 * `TOOLHIVE_SECRET_`.
 */
export function headerManifest(headers: ForwardedHeaders, identifier: (header: string) => string): string {
  const parts: string[] = [];
  if (headers.plaintext.length > 0) parts.push(`"addPlaintextHeaders":${goObject(headers.plaintext)}`);
  if (headers.secrets.length > 0)
    parts.push(
      `"addHeadersFromSecret":${goObject(headers.secrets.map(([name]) => [name, identifier(name)] as const))}`,
    );
  return `{${parts.join(',')}}`;
}
