import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { expect, it } from 'vitest';
import { fillPlaceholders } from '../../../scripts/rule-docs/placeholders.ts';
import * as browser from '../../../src/playground/platform/asn1Certificate.ts';
import * as node from '../../../src/x509/certificate.ts';
import { pemCertificates } from '../../../src/x509/pem.ts';
import recorded from '../rules/cases/pem.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../../..');

/** The certificates in the YAML and Markdown of a folder; those that stand there in words are made. */
async function certificatesIn(folder: string): Promise<Buffer[]> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const found: Buffer[] = [];
  for (const name of names.filter((file) => /\.(?:ya?ml|md)$/.test(file))) {
    const text = await fillPlaceholders(readFileSync(join(ROOT, folder, name), 'utf8'));
    found.push(...pemCertificates(text.replace(/^ +/gm, '')));
  }
  return found;
}

it('reads every certificate of the tests, the examples and the rule pages as Node does', async () => {
  const bases = Object.values(recorded.certificates).map((base64) => Buffer.from(base64, 'base64'));
  const folders = await Promise.all(['test', 'examples', 'docs/rules'].map(certificatesIn));
  const all = [...bases, ...folders.flat()];
  expect(all.length).toBeGreaterThan(40);
  expect(all.map(browser.readCertificate)).toEqual(all.map(node.readCertificate));
});

const ALGORITHMS = [
  { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' },
  {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
  { name: 'Ed25519' },
];

const SUBJECTS = [
  'CN=a\\,b, O="x ; y"',
  'CN=\\#x, O=\\ lead',
  'C=DE, ST=Bayern, L=München, O=Ü+OU=b, DC=x, DC=y, 1.2.840.113549.1.9.1=a@b, 2.5.4.5=1',
  '1.2.3.4=#0c0161, CN=z',
  'CN=a\\0Ab, OU=日本語',
  'CN=tab\\09x, 2.5.4.12=t, 2.5.4.9=s, 2.5.4.42=g, 2.5.4.4=s, 0.9.2342.19200300.100.1.1=u',
];

const EXTENSIONS: readonly (readonly Extension[])[] = [
  [],
  [new BasicConstraintsExtension(true)],
  [new BasicConstraintsExtension(true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature)],
  [new KeyUsagesExtension(KeyUsageFlags.keyCertSign)],
];

/** Certificates with odd subjects, old and far dates, and each combination of extensions. */
async function madeCertificates(algorithm: (typeof ALGORITHMS)[number]): Promise<Buffer[]> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const made = SUBJECTS.flatMap((name) =>
    EXTENSIONS.flatMap((extensions) =>
      ['1960', '2015', '2060'].map((year) => ({
        ...{ name, keys, signingAlgorithm: algorithm, extensions: [...extensions] },
        ...{ notBefore: new Date(`${year}-01-01`), notAfter: new Date('2070-01-01') },
      })),
    ),
  ).map((options) => X509CertificateGenerator.createSelfSigned(options, webcrypto));
  return (await Promise.all(made)).map(({ rawData }) => Buffer.from(rawData));
}

it.each(ALGORITHMS)(
  'reads odd subjects, dates and extensions as Node does, with a key of $name',
  async (algorithm) => {
    const all = await madeCertificates(algorithm);
    expect(all.map(browser.readCertificate)).toEqual(all.map(node.readCertificate));
  },
);
