import { X509Certificate } from 'node:crypto';
import { pemCertificates } from './pem.ts';

/** A certificate in DER, or the first one of a PEM text; undefined when OpenSSL cannot read it. */
export function parseCertificate(content: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(content);
  } catch {
    return undefined;
  }
}

/** The certificates of a PEM text, without what cannot be read. */
export function certificatesOf(pem: string): X509Certificate[] {
  return [...pemCertificates(pem)].map(parseCertificate).filter((certificate) => certificate !== undefined);
}
