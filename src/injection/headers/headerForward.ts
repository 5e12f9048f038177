import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { isShownHeader } from '../../rules/headers/header.ts';
import { MAX_ENV_BYTES } from '../../rules/headers/size.ts';
import { headerManifest } from '../../toolhive/headerManifest.ts';
import { canonicalHeader, isForwardedHeader, isHeaderValue } from '../../toolhive/headerNames.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { headerManifestEnv, operatorSecretHeaderEnv, SECRET_PREFIX } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { secretVariable, type WantedVariables } from '../pod/editor.ts';
import { escapeExpansion } from '../pod/expansion.ts';
import type { EnvVar } from '../pod/pod.ts';
import { type ChosenName, chooseNames, LONGEST_SUFFIX, type NamesInUse } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';

/** The headers that the vMCP will add for one backend, each name once, sorted. */
export interface ForwardedHeaders {
  readonly plaintext: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly { readonly header: string; readonly ref: SecretKeyRef }[];
  /** Names that the vMCP refuses and that are therefore not forwarded; the backend would fail with them. */
  readonly dropped: readonly string[];
}

export const NO_HEADERS: ForwardedHeaders = { plaintext: [], secrets: [], dropped: [] };

/**
 * The headers of `headerForward` that take effect. Names are compared as Go's `net/http` does; of equal ones a secret wins over a
 * plaintext value, as in the vMCP, and the first in byte order over the others.
 */
export function forwardedHeaders(headers: HeaderForward | undefined): ForwardedHeaders {
  if (!headers) return NO_HEADERS;
  const taken = new Set<string>();
  const dropped = new Set<string>();
  const takesEffect = (name: string, isValid = true) => {
    const canonical = canonicalHeader(name);
    if (taken.has(canonical)) return false;
    const isSent = isValid && isForwardedHeader(canonical);
    if (isSent) taken.add(canonical);
    else dropped.add(name);
    return isSent;
  };
  const secrets = headers.fromSecret
    .toSorted((a, b) => compare(a.headerName, b.headerName))
    .flatMap(({ headerName: header, secret: ref }) => (ref && takesEffect(header) ? { header, ref } : []));
  const plaintext = Object.entries(headers.plaintext)
    .sort(([a], [b]) => compare(a, b))
    .filter(([name, value]) => takesEffect(name, isHeaderValue(value)));
  return { plaintext, secrets, dropped: [...dropped].sort() };
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

/** The variable of one secret header. Each header of each backend is a purpose of its own. */
function wishOf(backend: string, header: string) {
  return { name: operatorSecretHeaderEnv(header, backend), purpose: `${backend}\n${header}` };
}

/** The value of a backend's manifest variable. */
function manifestOf({ name, headers: { plaintext, secrets } }: Sender, nameOf: ChosenName): string {
  const identifierOf = (header: string) => nameOf(wishOf(name, header)).slice(SECRET_PREFIX.length);
  const identifiers = secrets.map(({ header }) => [header, identifierOf(header)] as const);
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
export function headerRefusal(sender: Sender): Refusal | undefined {
  const bad = sender.headers.secrets.find(({ ref }) => !isUsableSecretRef(ref));
  if (bad)
    return {
      reason: 'header-secret-missing',
      message: `${shown(bad.header)} names no usable Secret and key; correct its valueSecretRef`,
    };
  const suffix = '0'.repeat(LONGEST_SUFFIX);
  const manifest = manifestOf(sender, ({ name }) => name + suffix);
  const bytes = Buffer.byteLength(`${headerManifestEnv(sender.name)}=${manifest}\0`);
  const message = `the environment variable of its headers may have ${bytes} bytes, at most ${MAX_ENV_BYTES} are possible; shorten the headers`;
  return bytes > MAX_ENV_BYTES ? { reason: 'backend-too-large', message } : undefined;
}

/**
 * The variables that tell the vMCP the forwarded headers of the served backends: a manifest for each backend, escaped so
 * that the kubelet restores it byte for byte, and one variable for each secret header. The manifest names the variable, so
 * any name will do that is used for nothing else. A backend without headers gets an empty manifest where an `envFrom` of
 * the container might set one.
 */
export function headerVariables(senders: readonly Sender[], inUse: NamesInUse): WantedVariables {
  const secrets = senders.flatMap(({ name, headers }) =>
    headers.secrets.map(({ header, ref }) => ({ ...wishOf(name, header), ref })),
  );
  const nameOf = chooseNames(secrets, inUse);
  const manifests = senders.flatMap((sender): EnvVar[] => {
    const name = headerManifestEnv(sender.name);
    if (hasHeaders(sender.headers)) return [{ name, value: escapeExpansion(manifestOf(sender, nameOf)) }];
    return inUse.mayImport(name) ? [{ name, value: '{}' }] : [];
  });
  const variables = secrets.map((secret) => secretVariable(nameOf(secret), secret.ref, true));
  return new Map([...manifests, ...variables].map((variable) => [variable.name, [variable]]));
}
