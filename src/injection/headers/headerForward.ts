import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { isUsableSecretRef } from '../../kubernetes/reference.ts';
import { MAX_ENV_BYTES } from '../../rules/headers/size.ts';
import type { HeaderForward } from '../../toolhive/headerForward.ts';
import { headerManifest } from '../../toolhive/headerManifest.ts';
import {
  canonicalHeader,
  isHeaderToken,
  isHeaderValue,
  isRestrictedHeader,
} from '../../toolhive/headerNames.ts';
import { headerManifestEnv, operatorSecretHeaderEnv, SECRET_PREFIX } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { LONGEST_SUFFIX } from '../pod/variableNames.ts';
import type { LeaveReason } from '../report/reasons.ts';

/** The headers that the vMCP will add for one backend, each name once, sorted. */
export interface ForwardedHeaders {
  readonly plaintext: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly (readonly [name: string, ref: SecretKeyRef])[];
  /** Names that the vMCP refuses and that are therefore not forwarded; the backend would fail with them. */
  readonly dropped: readonly string[];
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
 * Why a backend cannot be served with its headers; undefined when it can. The API server refuses a Pod with an unusable
 * Secret reference, and Linux a process with an environment string that is too long; identifiers count with the hash that
 * they may get.
 */
export function headerRefusal(
  backend: string,
  headers: ForwardedHeaders,
): { readonly reason: LeaveReason; readonly message: string } | undefined {
  const bad = headers.secrets.find(([, ref]) => !isUsableSecretRef(ref));
  if (bad)
    return {
      reason: 'header-secret-missing',
      message: `header "${bad[0]}" names no usable Secret and key; correct its valueSecretRef`,
    };
  const suffix = '0'.repeat(LONGEST_SUFFIX);
  const identifiers = headers.secrets.map(
    ([name]) => [name, operatorSecretHeaderEnv(name, backend).slice(SECRET_PREFIX.length) + suffix] as const,
  );
  const manifest = headerManifest(headers.plaintext, identifiers);
  const bytes = Buffer.byteLength(`${headerManifestEnv(backend)}=${manifest}\0`);
  if (bytes <= MAX_ENV_BYTES) return undefined;
  return {
    reason: 'backend-too-large',
    message: `the environment variable of its headers may have ${bytes} bytes, at most ${MAX_ENV_BYTES} are possible; shorten the headers`,
  };
}
