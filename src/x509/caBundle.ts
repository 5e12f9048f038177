import { type KeyObject, X509Certificate } from 'node:crypto';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import { remember } from '../remember.ts';
import { pemCertificates } from './pem.ts';

/** One certificate of a bundle, as far as messages speak of it. */
export interface BundleCertificate {
  /** Subject on one line, e.g. `O=Example, CN=Root`. */
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly ca: boolean;
}

/** What a PEM text holds. Contents themselves are never kept. */
export interface CaBundleContent {
  readonly certificates: readonly BundleCertificate[];
  /** How many certificates begin in the text that the vMCP does not find or cannot parse. */
  readonly unreadable: number;
  readonly hasPrivateKey: boolean;
}

/** What a person takes for the beginning of a certificate, wherever it stands; OpenSSL takes all three labels. */
const CERTIFICATE = /BEGIN (?:X509 |TRUSTED )?CERTIFICATE-/g;
const PRIVATE_KEY = /-----BEGIN [^-]*PRIVATE KEY-/;

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

/** True when the bytes are one DER sequence and nothing behind it: Go refuses trailing bytes, OpenSSL does not. */
function isOneSequence(der: Buffer): boolean {
  const [tag, first = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.length === 2 + first;
  const octets = first - 0x80;
  if (octets < 1 || octets > 4 || der.length < 2 + octets) return false;
  return der.length === 2 + octets + der.readUIntBE(2, octets);
}

/** A public key as far as it tells whether Go reads it; undefined for a kind that OpenSSL does not know. */
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
  if (key?.asymmetricKeyType !== 'ec') return false;
  const length = GO_CURVES.get(key.asymmetricKeyDetails?.namedCurve ?? '');
  return key.export({ type: 'spki', format: 'der' }).length !== length;
}

function readCertificate(der: Buffer): BundleCertificate | undefined {
  if (!isOneSequence(der)) return undefined;
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

/**
 * Reads a PEM bundle: finds the certificates that Go's `crypto/x509` finds, and so the vMCP. Never throws: what is not
 * found is counted.
 */
export function readCaBundle(pem: string): CaBundleContent {
  const certificates: BundleCertificate[] = [];
  for (const der of pemCertificates(pem)) {
    const certificate = readCertificate(der);
    if (certificate) certificates.push(certificate);
  }
  const begun = pem.match(CERTIFICATE)?.length ?? 0;
  return { certificates, unreadable: begun - certificates.length, hasPrivateKey: PRIVATE_KEY.test(pem) };
}

const bundlesOf = remember((_: ConfigMap) => new Map<string, CaBundleContent | undefined>());

/**
 * What a key of a ConfigMap's `data` holds; undefined without that key. Read once per ConfigMap: OpenSSL takes longer to
 * parse a certificate than a review takes otherwise.
 */
export function caBundleOf(configMap: ConfigMap, key: string): CaBundleContent | undefined {
  const known = bundlesOf(configMap);
  if (!known.has(key)) {
    const pem = Object.hasOwn(configMap.data, key) ? configMap.data[key] : undefined;
    known.set(key, pem === undefined ? undefined : readCaBundle(pem));
  }
  return known.get(key);
}
