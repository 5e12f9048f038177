import { type KeyObject, X509Certificate } from 'node:crypto';

/** One certificate of a bundle, as far as messages speak of it. */
export interface BundleCertificate {
  /** Subject on one line, e.g. `O=Example, CN=Root`. */
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly ca: boolean;
}

/**
 * The curves that Go's `crypto/x509` knows, in OpenSSL's words, each with the length of a public key (SPKI) on it that
 * names the curve and gives the whole point. Go refuses explicit parameters and compressed points, which differ in that.
 */
const GO_CURVES = new Map([
  ['secp224r1', 80],
  ['prime256v1', 91],
  ['secp384r1', 120],
  ['secp521r1', 158],
]);

/** The identifier of keys on elliptic curves (1.2.840.10045.2.1), DER. */
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');

/** A public key as far as it tells whether Go reads it; undefined for a kind, a curve or a point that OpenSSL does not know. */
function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/** What OpenSSL parses and Go's `x509.ParseCertificate` does not. */
function isRefusedByGo(certificate: X509Certificate): boolean {
  const { serialNumber, validFromDate, validToDate } = certificate;
  if (serialNumber.startsWith('-') || Number.isNaN(+validFromDate) || Number.isNaN(+validToDate)) return true;
  const key = publicKeyOf(certificate);
  // Go takes a certificate whose kind of key it does not know, but not one with an unknown curve or a point beside it.
  if (key === undefined) return certificate.raw.includes(EC_PUBLIC_KEY);
  if (key.asymmetricKeyType !== 'ec') return false;
  const length = GO_CURVES.get(key.asymmetricKeyDetails?.namedCurve ?? '');
  return key.export({ type: 'spki', format: 'der' }).length !== length;
}

/**
 * Reads one DER sequence as a certificate; undefined for one that Go's `x509.ParseCertificate` refuses, and so the vMCP.
 * In a browser `asn1Certificate.ts` of the playground stands in its place.
 */
export function readCertificate(der: Buffer): BundleCertificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    if (isRefusedByGo(certificate)) return undefined;
    return {
      subject: certificate.subject?.replaceAll('\n', ', ') || '(no subject)',
      notBefore: certificate.validFromDate,
      notAfter: certificate.validToDate,
      ca: certificate.ca,
    };
  } catch {
    return undefined;
  }
}
