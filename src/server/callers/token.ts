import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** How far the clocks of signer and verifier may differ, in seconds. */
const LEEWAY = 30;

/** The algorithms with which a kube-apiserver signs ServiceAccount tokens, by the type of the key. */
const ALGORITHMS: Readonly<Record<string, { readonly alg: string; readonly hash: string }>> = {
  rsa: { alg: 'RS256', hash: 'sha256' },
  prime256v1: { alg: 'ES256', hash: 'sha256' },
  secp384r1: { alg: 'ES384', hash: 'sha384' },
  secp521r1: { alg: 'ES512', hash: 'sha512' },
};

/** Who signs tokens, and with which keys. */
export interface Issuer {
  readonly issuer: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/** What a token must say. */
export interface TokenExpectations {
  readonly audience: string;
  /** Accepted values of `sub`, e.g. `system:serviceaccount:kube-system:webhook-caller`. */
  readonly subjects: readonly string[];
}

interface Claims {
  readonly iss?: unknown;
  readonly aud?: unknown;
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly nbf?: unknown;
}

/** The JSON object in a document; undefined when there is none. */
function objectIn(document: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(document.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isSigned(key: KeyObject, alg: unknown, signed: string, signature: Buffer): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const wanted = ALGORITHMS[asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? ''];
  if (wanted === undefined || alg !== wanted.alg) return false;
  return verify(wanted.hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function claimProblem(
  claims: Claims,
  issuer: string,
  expected: TokenExpectations,
  now: number,
): string | undefined {
  const { iss, aud, sub, exp, nbf = 0 } = claims;
  if (iss !== issuer) return 'it is of another issuer';
  if (!(Array.isArray(aud) ? aud : [aud]).includes(expected.audience)) return 'it is for another audience';
  if (typeof exp !== 'number' || exp + LEEWAY <= now) return 'it has expired';
  if (typeof nbf !== 'number' || nbf - LEEWAY > now) return 'it is not valid yet';
  if (typeof sub !== 'string' || !expected.subjects.includes(sub)) return 'it is of another subject';
  return undefined;
}

/** The problem of a token whose key is not among those of the issuer; they may be outdated. */
export const UNKNOWN_KEY = 'it is signed with an unknown key';

/** Why a ServiceAccount token (a signed JWT) is not accepted, without a part of it; undefined when it is. Pure. */
export function tokenProblem(
  token: string,
  { issuer, keys }: Issuer,
  expected: TokenExpectations,
  now: Date,
): string | undefined {
  const [head = '', payload = '', signature, more] = token.split('.');
  const header = objectIn(Buffer.from(head, 'base64url'));
  const claims = objectIn(Buffer.from(payload, 'base64url'));
  if (!header || !claims || !signature || more !== undefined) return 'it is not a signed JWT';
  const key = typeof header.kid === 'string' ? keys.get(header.kid) : undefined;
  if (key === undefined) return UNKNOWN_KEY;
  if (!isSigned(key, header.alg, `${head}.${payload}`, Buffer.from(signature, 'base64url')))
    return 'its signature is wrong';
  return claimProblem(claims, issuer, expected, now.getTime() / 1_000);
}

function toKey(jwk: unknown): [string, KeyObject][] {
  try {
    const { kid } = jwk as { kid?: unknown };
    return typeof kid === 'string' ? [[kid, createPublicKey({ key: jwk as never, format: 'jwk' })]] : [];
  } catch {
    // A key of a type that Node does not know signs no token that could be verified here.
    return [];
  }
}

/** What the two documents of the API server say; undefined when there is no issuer or no usable key in them. */
export function readIssuer(discovery: Buffer, jwks: Buffer): Issuer | undefined {
  const issuer = objectIn(discovery)?.issuer;
  const keys = objectIn(jwks)?.keys;
  const usable = new Map((Array.isArray(keys) ? keys : []).flatMap(toKey));
  return typeof issuer === 'string' && usable.size > 0 ? { issuer, keys: usable } : undefined;
}
