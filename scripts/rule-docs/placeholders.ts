import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';

const DAY_MS = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** `a CA certificate`, `a server certificate, no CA`, `… that expired on 2020-01-31`, `… that expires in 10 days`. */
async function certificate(words: string): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const expired = / expired on (\d{4}-\d\d-\d\d)/.exec(words)?.[1];
  const days = Number(/ expires in (\d+) days/.exec(words)?.[1] ?? 3650);
  const ca = words.startsWith('a CA certificate');
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      name: ca ? 'CN=Corp Root CA' : 'CN=billing.corp.example',
      notBefore: new Date('2015-01-01T00:00:00Z'),
      notAfter: expired ? new Date(`${expired}T12:00:00Z`) : new Date(Date.now() + days * DAY_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(ca)],
    },
    webcrypto,
  );
  return made.toString('pem').split('\n').slice(1, -1).join('\n');
}

/**
 * The YAML of a page with its placeholders filled: certificates that stand there in words are made, and
 * `(N characters)` becomes that many. So the pages stay short, and no certificate in them ever expires.
 */
export async function fillPlaceholders(text: string): Promise<string> {
  let filled = text.replace(/\((\d+) characters\)/g, (_, count: string) => 'x'.repeat(Number(count)));
  for (;;) {
    const match = /(-----BEGIN CERTIFICATE-----\n)( *)\((.*)\)\n/.exec(filled);
    if (match === null) return filled;
    const [whole, begin = '', indent = '', words = ''] = match;
    const body = (await certificate(words)).replace(/^/gm, indent);
    filled = filled.replace(whole, () => `${begin}${body}\n`);
  }
}
