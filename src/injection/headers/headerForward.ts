import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { isShownHeader } from '../../rules/headers/header.ts';
import { MAX_ENV_BYTES } from '../../rules/headers/size.ts';
import { headerManifest } from '../../toolhive/headerManifest.ts';
import {
  canonicalHeader,
  isHeaderToken,
  isHeaderValue,
  isRestrictedHeader,
} from '../../toolhive/headerNames.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { headerManifestEnv, operatorSecretHeaderEnv, SECRET_PREFIX } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { secretVariable, type WantedVariables } from '../pod/editor.ts';
import { escapeExpansion } from '../pod/expansion.ts';
import type { EnvVar } from '../pod/pod.ts';
import { chooseNames, LONGEST_SUFFIX, type NamesInUse } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';

/** The headers that the vMCP will add for one backend, each name once, sorted. */
export interface ForwardedHeaders {
  readonly plaintext: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly (readonly [name: string, ref: SecretKeyRef])[];
  /** Names that the vMCP refuses and that are therefore not forwarded; the backend would fail with them. */
  readonly dropped: readonly string[];
}

const NO_HEADERS: ForwardedHeaders = { plaintext: [], secrets: [], dropped: [] };

/**
 * The headers of `headerForward` that take effect. Names are compared as Go's `net/http` does; of equal ones a secret wins over a
 * plaintext value, as in the vMCP, and the first in byte order over the others.
 */
export function forwardedHeaders(headers: HeaderForward | undefined): ForwardedHeaders {
  if (!headers) return NO_HEADERS;
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
  return { plaintext: [...plaintext.values()], secrets: [...secrets.values()], dropped: [...dropped].sort() };
}

/** True when the vMCP must be told about the headers. */
export function hasHeaders({ plaintext, secrets }: ForwardedHeaders): boolean {
  return plaintext.length + secrets.length > 0;
}

/** A backend and the headers that it forwards. */
interface Sender {
  readonly name: string;
  readonly headers: ForwardedHeaders;
}

/** The value of a backend's manifest variable, `env` giving the variable of each secret header. */
function manifestOf({ plaintext, secrets }: ForwardedHeaders, env: (header: string) => string): string {
  const identifiers = secrets.map(([header]) => [header, env(header).slice(SECRET_PREFIX.length)] as const);
  return headerManifest(plaintext, identifiers);
}

/** A header in a message. What does not look like a name may hold a credential and is not shown. */
function shown(header: string): string {
  return isShownHeader(header) ? `header "${header}"` : 'a header';
}

/** The sentence about a header that is not forwarded. */
export function droppedText(header: string): string {
  return `${shown(header)} is one that the vMCP refuses; it is not forwarded`;
}

/**
 * Why a backend cannot be served with its headers; undefined when it can. The API server refuses a Pod with an unusable
 * Secret reference, and Linux a process with an environment string that is too long; identifiers count with the hash that
 * they may get.
 */
export function headerRefusal({ name: backend, headers }: Sender): Refusal | undefined {
  const bad = headers.secrets.find(([, ref]) => !isUsableSecretRef(ref));
  if (bad)
    return {
      reason: 'header-secret-missing',
      message: `${shown(bad[0])} names no usable Secret and key; correct its valueSecretRef`,
    };
  const suffix = '0'.repeat(LONGEST_SUFFIX);
  const manifest = manifestOf(headers, (header) => operatorSecretHeaderEnv(header, backend) + suffix);
  const bytes = Buffer.byteLength(`${headerManifestEnv(backend)}=${manifest}\0`);
  if (bytes <= MAX_ENV_BYTES) return undefined;
  return {
    reason: 'backend-too-large',
    message: `the environment variable of its headers may have ${bytes} bytes, at most ${MAX_ENV_BYTES} are possible; shorten the headers`,
  };
}

/**
 * The variables that tell the vMCP the forwarded headers of the served backends: a manifest for each backend, escaped so
 * that the kubelet restores it byte for byte, and one variable for each secret header. The manifest names the variable, so
 * any name will do that is used for nothing else. A backend without headers gets an empty manifest where an `envFrom` of
 * the container might set one.
 */
export function headerVariables(senders: readonly Sender[], inUse: NamesInUse): WantedVariables {
  const wish = (backend: string, header: string) => ({
    name: operatorSecretHeaderEnv(header, backend),
    purpose: `${backend}\n${header}`,
  });
  const secrets = senders.flatMap(({ name, headers }) =>
    headers.secrets.map(([header, ref]) => ({ ...wish(name, header), ref })),
  );
  const chosen = chooseNames(secrets, inUse);
  const wanted = new Map<string, readonly EnvVar[]>();
  for (const { name: backend, headers } of senders) {
    const name = headerManifestEnv(backend);
    const value = manifestOf(headers, (header) => chosen(wish(backend, header)));
    if (hasHeaders(headers)) wanted.set(name, [{ name, value: escapeExpansion(value) }]);
    else if (inUse.mayImport(name)) wanted.set(name, [{ name, value: '{}' }]);
  }
  const variables = secrets.map((secret) => secretVariable(chosen(secret), secret.ref, true));
  return new Map([...wanted, ...variables.map((variable) => [variable.name, [variable]] as const)]);
}
