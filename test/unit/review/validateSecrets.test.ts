import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { decided, entry, review, TEAM, toRequest, yaml } from '../rules/support.ts';

/** A word that stands in every secret place, so that one search finds it wherever it came out. */
const SECRET = 'hunter2';

const configMap = (text: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'ca', namespace: 'default' },
  data: { 'ca.crt': text },
});
const secret = (value: string) =>
  yaml(`
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: default}
stringData: {k: ${JSON.stringify(value)}}
`);
const CA = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
const plain = (headers: Record<string, unknown>) => ({ headerForward: { addPlaintextHeaders: headers } });

const CASES: readonly (readonly [string, object, readonly KubernetesObject[]])[] = [
  ['a password in the URL', entry({ remoteUrl: `https://u:${SECRET}@mcp.example.com/` }), []],
  ['a user name in the URL', entry({ remoteUrl: `https://${SECRET}@localhost:99999/` }), []],
  ['a password with a slash', entry({ remoteUrl: `https://u:${SECRET}/x@mcp.example.com/` }), []],
  ['a password with a question mark', entry({ remoteUrl: `https://u:${SECRET}?x@mcp.example.com/` }), []],
  ['a password with a hash', entry({ remoteUrl: `https://u:${SECRET}#x@mcp.example.com/` }), []],
  ['a password with a blank', entry({ remoteUrl: `https://u: ${SECRET} @mcp.example.com/` }), []],
  ['a password with a backslash', entry({ remoteUrl: `https://u:${SECRET}\\x@mcp.example.com/` }), []],
  ['a password in a URL of another scheme', entry({ remoteUrl: `ftp://u:${SECRET}@mcp.example.com/` }), []],
  ['a password in a URL without a scheme', entry({ remoteUrl: `u:${SECRET}@mcp.example.com/` }), []],
  ['a password in a URL in upper case', entry({ remoteUrl: `HTTPS://u:${SECRET}@mcp.example.com/` }), []],
  ['a user name like a port', entry({ remoteUrl: `https://u:12345678/${SECRET}@mcp.example.com/` }), []],
  ['a password with an escaped at sign', entry({ remoteUrl: `https://u:${SECRET}%40mcp.example.com/` }), []],
  ['a password with a fullwidth at sign', entry({ remoteUrl: `https://u:${SECRET}%40s\uff20h/` }), []],
  ['a host before an at sign', entry({ remoteUrl: `https://${SECRET}.localhost:0/x@mcp.example.com` }), []],
  ['a token in the query', entry({ remoteUrl: `http://localhost/?token=${SECRET}` }), []],
  ['a token in a bad query', entry({ remoteUrl: `https://h.example/?token=%${SECRET}` }), []],
  ['a token in a fragment', entry({ remoteUrl: `https://h.example/#token=${SECRET}` }), []],
  ['a token in a query after userinfo', entry({ remoteUrl: `https://a@h.example/?token=${SECRET}` }), []],
  ['a header value with a line break', entry(plain({ 'X-A': `${SECRET}\n` })), []],
  ['a header value that is expanded', entry(plain({ 'X-A': `${SECRET}$(A)` })), []],
  ['a credential in a header', entry(plain({ 'X-Api-Key': SECRET, 'X-B': `Bearer ${SECRET}` })), []],
  ['a header value under a bad name', entry(plain({ 'X A': SECRET, Host: SECRET })), []],
  ['a header value that is too long', entry(plain({ 'X-A': SECRET.repeat(40_000) })), []],
  ['a header value of the wrong type', entry(plain({ 'X-A': { a: SECRET }, 'X-B': [SECRET] })), []],
  ['headers that are a text', entry({ headerForward: SECRET }), []],
  [
    'a private key',
    entry(CA),
    [configMap(`-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`)],
  ],
  [
    'a broken certificate',
    entry(CA),
    [configMap(`-----BEGIN CERTIFICATE-----\n${SECRET}\n-----END CERTIFICATE-----`)],
  ],
  ['no certificate', entry(CA), [configMap(SECRET)]],
  [
    'a Secret with a line break',
    entry({
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 's', key: 'k' } }],
      },
    }),
    secret(`${SECRET}\n`),
  ],
];

describe('no message shows', () => {
  it.each(CASES)('%s', async (_what, object, more) => {
    for (const oldObject of [undefined, entry(), object]) {
      const spec = { object, oldObject, cluster: [...TEAM, ...more], secrets: true };
      const outcome = await review(spec);
      const shown = JSON.stringify(toReview(toRequest(spec), decided(outcome)));
      expect(shown).not.toContain(SECRET);
      expect(JSON.stringify(outcome)).not.toContain(SECRET);
      expect(outcome.reasons.length).toBeGreaterThan(0);
    }
  });
});
