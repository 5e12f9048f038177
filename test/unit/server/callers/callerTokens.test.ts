import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CallerTokens } from '../../../../src/server/callers/callerTokens.ts';
import { readIssuer, tokenProblem } from '../../../../src/server/callers/token.ts';
import { httpApp, recordedLog, reviewOf, until } from '../support.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const EXPECTED = { audience: 'vmcp-admission', subjects: ['system:serviceaccount:kube-system:caller'] };
const CLAIMS = {
  iss: 'https://issuer.example',
  aud: ['vmcp-admission'],
  sub: 'system:serviceaccount:kube-system:caller',
  exp: SECONDS + 600,
  nbf: SECONDS - 5,
};

interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly hash: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const rsa = (kid: string): Signer => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ...{ kid, alg: 'RS256', hash: 'sha256' },
});
const ec = (kid: string, namedCurve: string, alg: string, hash: string): Signer => ({
  ...generateKeyPairSync('ec', { namedCurve }),
  ...{ kid, alg, hash },
});

const SIGNERS = [
  rsa('rsa'),
  ec('p256', 'prime256v1', 'ES256', 'sha256'),
  ec('p384', 'secp384r1', 'ES384', 'sha384'),
  ec('p521', 'secp521r1', 'ES512', 'sha512'),
] as const;
const [RSA, P256] = SIGNERS;
const STRANGER = rsa('stranger');

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(signer: Signer, claims: object = CLAIMS, header: object = {}): string {
  const signed = `${encoded({ alg: signer.alg, kid: signer.kid, ...header })}.${encoded(claims)}`;
  const key = { key: signer.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${signed}.${sign(signer.hash, Buffer.from(signed), key).toString('base64url')}`;
}

const discovery = Buffer.from(JSON.stringify({ issuer: CLAIMS.iss }));
const jwks = (signers: readonly Signer[]) =>
  Buffer.from(
    JSON.stringify({
      keys: signers.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid })),
    }),
  );
const ISSUER = readIssuer(discovery, jwks(SIGNERS)) ?? { issuer: '', keys: new Map() };
const problem = (text: string) => tokenProblem(text, ISSUER, EXPECTED, NOW);

describe('a ServiceAccount token', () => {
  it.each(SIGNERS.map((signer) => [signer.alg, signer] as const))(
    'signed with %s is accepted',
    (_, signer) => {
      expect(problem(token(signer))).toBeUndefined();
      expect(problem(token(signer, { ...CLAIMS, aud: 'vmcp-admission' }))).toBeUndefined();
    },
  );

  it.each([
    ['another issuer', { iss: 'https://other.example' }, 'it is of another issuer'],
    ['another audience', { aud: ['https://kubernetes.default.svc'] }, 'it is for another audience'],
    ['no audience', { aud: undefined }, 'it is for another audience'],
    ['another subject', { sub: 'system:serviceaccount:apps:default' }, 'it is of another subject'],
    ['no subject', { sub: undefined }, 'it is of another subject'],
    ['an end in the past', { exp: SECONDS - 60 }, 'it has expired'],
    ['no end', { exp: undefined }, 'it has expired'],
    ['an end that is a text', { exp: '9999999999' }, 'it has expired'],
    ['a begin in the future', { nbf: SECONDS + 60 }, 'it is not valid yet'],
  ])('with %s is refused', (_, claims, wanted) => {
    expect(problem(token(RSA, { ...CLAIMS, ...claims }))).toBe(wanted);
  });

  it.each([
    ['nothing', ''],
    ['two parts', 'a.b'],
    ['four parts', `${token(RSA)}.x`],
    ['no JSON', 'a.b.c'],
    ['JSON that is no object', `${encoded(1)}.${encoded(2)}.c`],
  ])('of %s is not one', (_, text) => {
    expect(problem(text)).toBe('it is not a signed JWT');
  });

  it('of a key that the issuer does not have is refused', () => {
    expect(problem(token(STRANGER))).toBe('it is signed with an unknown key');
    expect(problem(token(STRANGER, CLAIMS, { kid: 'rsa' }))).toBe('its signature is wrong');
    expect(problem(token(RSA, CLAIMS, { kid: undefined }))).toBe('it is signed with an unknown key');
  });

  it.each(['none', 'HS256', 'ES256', 'PS256', 'RS512'])('that says its algorithm is %s is refused', (alg) => {
    const [, payload, signature] = token(RSA).split('.');
    expect(problem(token(RSA, CLAIMS, { alg }))).toBe('its signature is wrong');
    expect(problem(`${encoded({ alg, kid: 'rsa' })}.${payload}.${signature}`)).toBe('its signature is wrong');
    expect(problem(`${encoded({ alg, kid: 'rsa' })}.${payload}.`)).toBe('it is not a signed JWT');
  });

  it('that was changed anywhere is never accepted', () => {
    const good = token(P256);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...'AZaz09-_.'), (at, letter) => {
        const changed = good.slice(0, at) + letter + good.slice(at + 1);
        const same = Buffer.from(changed.split('.').at(-1) ?? '', 'base64url').equals(
          Buffer.from(good.split('.').at(-1) ?? '', 'base64url'),
        );
        // The last letter of a part has bits that base64 ignores.
        if (changed.split('.').slice(0, 2).join() === good.split('.').slice(0, 2).join() && same) return;
        expect(problem(changed)).toBeDefined();
      }),
    );
  });
});

describe('the documents of the issuer', () => {
  it.each([
    ['no issuer', Buffer.from('{}'), jwks(SIGNERS)],
    ['keys that cannot be used', discovery, Buffer.from('{"keys":[{"kid":"a","kty":"oct"},null,7]}')],
    ['no keys', discovery, Buffer.from('{"keys":5}')],
    ['something else', Buffer.from('<html>'), Buffer.from('null')],
  ])('with %s are not usable', (_, first, second) => {
    expect(readIssuer(first, second)).toBeUndefined();
  });
});

describe('callers with tokens', () => {
  /** An app that asks for tokens, and an API server whose keys the test changes. */
  async function app() {
    const api = { signers: [RSA] as readonly Signer[], reads: 0, works: true };
    const read = async (path: string) => {
      api.reads++;
      if (!api.works) throw new Error('the API server is away');
      return path.includes('jwks') ? jwks(api.signers) : discovery;
    };
    const tokens = new CallerTokens({ ...EXPECTED, read, log: recordedLog().log, now: () => NOW });
    onTestFinished(() => tokens.stop());
    const http = await httpApp({ authenticators: [tokens.authenticate] });
    const send = (authorization?: string) =>
      request(http.url)
        .post('/validate')
        .set({ 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) })
        .send(reviewOf());
    return { api, tokens, send, ...http };
  }

  it('are answered, others get 401 and not the reason, which is logged without the token', async () => {
    const { tokens, send, lines, text } = await app();
    tokens.start();
    await until(() => tokens.check.problem() === undefined);
    await send(`Bearer ${token(RSA)}`).expect(200);
    const expired = token(RSA, { ...CLAIMS, exp: SECONDS - 60 });
    const refused = await send(`Bearer ${expired}`).expect(401);
    expect(refused.body).toMatchObject({
      reason: 'Unauthorized',
      message: 'the bearer token is not accepted',
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'refused', code: 401, detail: 'it has expired' }),
    );
    expect(text()).not.toContain(expired.split('.')[1]);
    for (const other of [undefined, 'Basic abc', 'Bearer', `Token ${token(RSA)}`])
      expect((await send(other).expect(401)).body.message).toBe('a bearer token is required');
  });

  it('are answered 503, which failurePolicy decides about, while the keys cannot be read', async () => {
    const { api, tokens, send } = await app();
    api.works = false;
    tokens.start();
    const answer = await send(`Bearer ${token(RSA)}`).expect(503);
    expect(answer.body.message).toContain("the API server's signing keys are not read yet");
    expect(tokens.check.problem()).toBeDefined();
  });

  it('with an unknown key have the keys read once, however many they send', async () => {
    const { api, send } = await app();
    // Nothing was read yet, so the first token is the reason to.
    await send(`Bearer ${token(RSA)}`).expect(200);
    const { reads } = api;
    for (let count = 0; count < 5; count++) await send(`Bearer ${token(STRANGER)}`).expect(401);
    expect(api.reads).toBe(reads);
  });
});
