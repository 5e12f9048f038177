// tsyringe inside @peculiar/x509 refuses to load without the polyfill, so it stands first.
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const DAY = 24 * 3_600_000;
/** Clocks of other machines may be a little behind. */
export const BACKDATED = 5 * 60_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate and its private key, both PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
  readonly notAfter: Date;
}

/** An authority that can sign serving certificates. */
export interface Authority extends PemPair {
  readonly keys: webcrypto.CryptoKeyPair;
}

/** What a certificate is to say. */
export interface CertificateOptions {
  readonly commonName: string;
  readonly now: Date;
  readonly days: number;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A positive serial number of 127 bits. Source: RFC 5280 section 4.1.2.2 wants it positive and at most 20 octets. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function pemKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

function validity({ now, days }: CertificateOptions): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now.getTime() - BACKDATED), notAfter: new Date(now.getTime() + days * DAY) };
}

/** Makes a self-signed authority (ECDSA P-256) that signs leaf certificates only. */
export async function makeAuthority(options: CertificateOptions): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${options.commonName}`,
    ...validity(options),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const cert = `${certificate.toString('pem')}\n`;
  return { cert, key: await pemKey(keys.privateKey), notAfter: certificate.notAfter, keys };
}

/** The authority of a certificate and its key, as {@link makeAuthority} made them. @throws when they cannot be read. */
export async function readAuthority(cert: string, key: string): Promise<Authority> {
  const certificate = new x509.X509Certificate(cert);
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const publicKey = await certificate.publicKey.export(ALGORITHM, ['verify']);
  return { cert, key, notAfter: certificate.notAfter, keys: { privateKey, publicKey } };
}

/** The DNS names by which the API server may call a Service. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  const host = `${service}.${namespace}.svc`;
  return [host, `${host}.cluster.local`];
}

/** What a leaf certificate is for. */
export interface LeafOptions extends CertificateOptions {
  /** DNS names and IP addresses that it stands for. */
  readonly names: readonly string[];
  readonly usage: 'server' | 'client';
}

/** Makes a certificate that the authority signs (ECDSA P-256). */
export async function makeLeaf(authority: Authority, options: LeafOptions): Promise<PemPair> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const usage =
    options.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const names = options.names.map((value) => ({
    type: isIP(value) ? ('ip' as const) : ('dns' as const),
    value,
  }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${options.commonName}`,
    issuer: issuer.subject,
    ...validity(options),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  const cert = `${certificate.toString('pem')}\n`;
  return { cert, key: await pemKey(keys.privateKey), notAfter: certificate.notAfter };
}
