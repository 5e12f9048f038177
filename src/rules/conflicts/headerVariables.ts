import type { HeaderForward } from '../../toolhive/headerForward.ts';
import { canonicalHeader } from '../../toolhive/headerNames.ts';
import { shownPath } from '../fieldPath.ts';
import { forbidden, type ViolationKey } from '../finding.ts';
import { FORWARD } from '../headers/header.ts';
import { deny } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import type { HeadersClaim, SecretHeaderClaim } from './claims.ts';
import { backendWords, headerWords, holderWords, secretWords, variableWords } from './words.ts';

export const headerVariableRules = {
  'header-env-collision': deny(
    'The headers of different backends must go into different variables.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'VirtualMCPServer',
  ),
};

const rule = 'header-env-collision';
const MAX_NAMED = 3;

/** Two secret headers of one entry. The entry's own server gets a wrong value, so other servers do not matter. */
function ownSecretFinding(mine: SecretHeaderClaim, other: SecretHeaderClaim): Finding {
  return forbidden({
    rule,
    // Of several headers the later ones are reported, whichever these are: reordering them changes nothing.
    field: { shown: shownPath(mine.field), stable: FORWARD },
    violations: [{ parts: [mine.key] }],
    detail: `${headerWords(mine.header)} and ${headerWords(other.header)} of ${holderWords(mine.holder)} share ${variableWords(mine)}, so both would be sent with the value of one of them; rename one of the headers`,
  });
}

function secretConsequence(mine: SecretHeaderClaim, other: SecretHeaderClaim): string {
  const [here, there] = [secretWords(mine.secret), secretWords(other.secret)];
  return here === there
    ? `both hold ${here}, and neither can get a value of its own`
    : `${here} would be sent to the server of ${holderWords(other.holder)}, or ${there} to the server of ${holderWords(mine.holder)}`;
}

/** Two secret headers whose values would be in one variable. */
export function secretHeaderFinding(mine: SecretHeaderClaim, other: SecretHeaderClaim): Finding {
  if (mine.holder === other.holder) return ownSecretFinding(mine, other);
  const { secret } = mine;
  const theirs = [other.holder.metadata.name, other.header, other.secret.name, other.secret.key];
  return forbidden({
    rule,
    field: mine.field,
    violations: [{ parts: [mine.key, secret.name, secret.key, mine.url, mine.holder.group, ...theirs] }],
    detail: `${headerWords(mine.header)} of ${holderWords(mine.holder)} and ${headerWords(other.header)} of ${holderWords(other.holder)} share ${variableWords(mine)}: ${secretConsequence(mine, other)}; rename one of the entries or one of the headers`,
  });
}

/** `header "X-A" with key "k" of Secret "s" and 2 more headers`. */
function sentWords({ plaintext, fromSecret, tooMany }: HeaderForward): string {
  if (tooMany !== undefined) return `${tooMany} headers`;
  const all = [
    ...fromSecret.flatMap(({ headerName, secret }) =>
      secret ? [`${headerWords(headerName)} with ${secretWords(secret)}`] : [],
    ),
    ...Object.keys(plaintext).map(headerWords),
  ];
  const more = all.length - MAX_NAMED;
  const named = all.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}

/** What a backend sends that would reach the other one too, by header and value. */
function sentKeys({ headers }: HeadersClaim, to: readonly string[]): ViolationKey[] {
  if (headers === undefined) return [];
  const { plaintext, fromSecret, tooMany } = headers;
  return [
    ...Object.entries(plaintext).map(([name, value]) => [canonicalHeader(name), 'plaintext', value]),
    ...fromSecret.flatMap(({ headerName, secret }) =>
      secret ? [[canonicalHeader(headerName), 'secret', secret.name, secret.key]] : [],
    ),
    ...(tooMany === undefined ? [] : [['too many', String(tooMany)]]),
  ].map((parts) => ({ parts: ['sent', ...parts, ...to] }));
}

/** Two backends for which the vMCP would find the same headers, where at least one of them has any. */
export function headersFinding(mine: HeadersClaim, other: HeadersClaim): Finding {
  const [here, there] = [backendWords(mine), backendWords(other)];
  const to = [other.holder.kind, other.holder.metadata.name, other.backend, mine.holder.group ?? ''];
  const leak = (headers: HeaderForward, receiver: string) =>
    `${sentWords(headers)} would also be sent to ${receiver}`;
  const leaks = [
    ...(mine.headers ? [leak(mine.headers, there)] : []),
    ...(other.headers ? [leak(other.headers, here)] : []),
  ];
  return forbidden({
    rule,
    field: mine.field,
    violations: [...sentKeys(mine, to), ...(other.headers ? [{ parts: ['received', mine.url, ...to] }] : [])],
    detail: `${here} and ${there} share the variable ${mine.key}, in which the vMCP finds the headers of a backend: ${leaks.join(', and ')}; rename one of the two`,
  });
}
