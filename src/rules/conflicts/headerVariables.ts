import { canonicalHeader } from '../../toolhive/headerNames.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { shownPath } from '../findings/fieldPath.ts';
import { forbidden, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { FORWARD } from '../headers/header.ts';
import { deny } from '../rule.ts';
import type { HeadersClaim, SecretHeaderClaim } from './claims.ts';
import type { Environment } from './environment.ts';
import { andMore, backendWords, headerWords, holderWords, secretWords, variableWords } from './words.ts';

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

/** Two secret headers of one entry. Its own server gets a wrong value, so servers and Secrets do not matter. */
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

function secretFinding(mine: SecretHeaderClaim, environment: Environment): Finding[] {
  const rivals = environment.rivals(mine.key).filter((rival) => rival.type === 'secret-header');
  const [first] = rivals;
  if (first === undefined) return [];
  const { key, secret, url, holder, field, header } = mine;
  return [
    forbidden({
      rule,
      field,
      violations: [{ parts: [key, secret.name, secret.key, url, holder.group], times: rivals.length }],
      detail: `${headerWords(header)} of ${holderWords(holder)} and ${headerWords(first.header)} of ${holderWords(first.holder)}${andMore(rivals.length)} share ${variableWords(mine)}: ${secretConsequence(mine, first)}; rename one of the entries or one of the headers`,
    }),
  ];
}

/** Secret headers whose values would be in one variable: with those of other entries, and with earlier ones of the entry. */
export function checkSecretHeaderVariables(
  claims: readonly SecretHeaderClaim[],
  environment: Environment,
): Finding[] {
  const own = new Map<string, SecretHeaderClaim>();
  return claims.flatMap((claim) => {
    const earlier = own.get(claim.key);
    own.set(claim.key, claim);
    const findings = secretFinding(claim, environment);
    return earlier ? [ownSecretFinding(claim, earlier), ...findings] : findings;
  });
}

/** `header "X-A" with key "k" of Secret "s", header "X-B" and 2 more`. */
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

/** What would be sent to other backends too, by header and value, and to which backends. */
function sentKeys({ headers, holder }: HeadersClaim, rivals: readonly HeadersClaim[]): ViolationKey[] {
  if (headers === undefined) return [];
  const { plaintext, fromSecret } = headers;
  const receivers = rivals.map((rival) => ({
    parts: ['to', rival.holder.kind, rival.holder.metadata.name, rival.backend, rival.url],
  }));
  const sent = [
    ...Object.entries(plaintext).map(([name, value]) => [canonicalHeader(name), 'plaintext', value]),
    ...fromSecret.flatMap(({ headerName, secret }) =>
      secret ? [[canonicalHeader(headerName), 'secret', secret.name, secret.key]] : [],
    ),
  ].map((parts) => ({ parts: ['sent', holder.group, ...parts], times: rivals.length }));
  return [...sent, ...receivers];
}

/** True when both URLs are of one scheme, host and port. */
function sameServer(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [a, b].map((url) => URL.parse(url ?? '')?.origin);
  return one !== undefined && one === other;
}

/**
 * True when headers of one backend would be sent to the other. A vMCP's own backend with the name and the server of an
 * entry is that entry, written down twice.
 */
function mixesHeaders(mine: HeadersClaim, other: HeadersClaim): boolean {
  if (mine.headers === undefined && other.headers === undefined) return false;
  const configured = mine.holder.kind === 'VirtualMCPServer' || other.holder.kind === 'VirtualMCPServer';
  return !(configured && mine.backend === other.backend && sameServer(mine.url, other.url));
}

/** Which headers would reach whom, in words. */
function leakWords(mine: HeadersClaim, other: HeadersClaim): string {
  const leak = (headers: HeaderForward | undefined, receiver: HeadersClaim) =>
    headers ? [`${sentWords(headers)} would also be sent to ${backendWords(receiver)}`] : [];
  return [...leak(mine.headers, other), ...leak(other.headers, mine)].join(', and ');
}

/** Backends for which the vMCP would find the same headers, where at least one of them has any. */
export function checkHeadersVariable(claim: HeadersClaim, environment: Environment): Finding[] {
  const rivals = environment
    .rivals(claim.key)
    .filter((rival) => rival.type === 'headers')
    .filter((rival) => mixesHeaders(claim, rival));
  const [first] = rivals;
  if (first === undefined) return [];
  const senders = rivals.filter(({ headers }) => headers !== undefined).length;
  return [
    forbidden({
      rule,
      field: claim.field,
      violations: () => [
        ...sentKeys(claim, rivals),
        { parts: ['received', claim.url, claim.holder.group], times: senders },
      ],
      detail: `${backendWords(claim)} and ${backendWords(first)}${andMore(rivals.length)} share the variable ${claim.key}, in which the vMCP finds the headers of a backend: ${leakWords(claim, first)}; rename one of the two`,
    }),
  ];
}
