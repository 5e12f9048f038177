import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { quoted } from '../../text/line.ts';
import { isShownHeader } from '../headers/header.ts';
import {
  type AuthClaim,
  type HeadersClaim,
  type Holder,
  MAX_RIVALS,
  type SecretHeaderClaim,
} from './claims.ts';

/** `MCPServerEntry "a"`. An object that gets its name from `generateName` has none yet. */
export function holderWords({ kind, metadata }: Holder): string {
  return metadata.prefix === undefined ? `${kind} ${quoted(metadata.name)}` : `this ${kind}`;
}

/** `MCPServer "a"`, or `backend "a" of VirtualMCPServer "v"`. */
export function backendWords({ holder, backend }: HeadersClaim): string {
  return holder.kind === 'VirtualMCPServer'
    ? `backend ${quoted(backend)} of ${holderWords(holder)}`
    : holderWords(holder);
}

/** Who uses an auth config: a member, or backends of a vMCP. */
export function userWords({ holder, backend }: AuthClaim): string {
  if (holder.kind !== 'VirtualMCPServer') return holderWords(holder);
  return backend === undefined
    ? `the backends of ${holderWords(holder)} that have no auth of their own`
    : `backend ${quoted(backend)} of ${holderWords(holder)}`;
}

/** `key "k" of Secret "s"`, or `a Secret` when the reference is invalid: then it may be the secret itself. */
export function secretWords(ref: SecretKeyRef): string {
  return isUsableSecretRef(ref) ? `key ${quoted(ref.key)} of Secret ${quoted(ref.name)}` : 'a Secret';
}

/** `the variable TOOLHIVE_…`, or `one variable` when the header that it is named after must not be shown. */
export function variableWords({ key, header }: SecretHeaderClaim): string {
  return isShownHeader(header) ? `the variable ${key}` : 'one variable';
}

/** `header "X-A"`, or `a header` when the name must not be shown. */
export function headerWords(name: string): string {
  return isShownHeader(name) ? `header ${quoted(name)}` : 'a header';
}

/** ` (and 2 more)` behind the first of several, or nothing. Very many are not all counted. */
export function andMore(count: number): string {
  const atLeast = count >= MAX_RIVALS ? 'at least ' : '';
  return count > 1 ? ` (and ${atLeast}${count - 1} more)` : '';
}
