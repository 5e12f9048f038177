import type { ConfigMap } from '../kubernetes/configMap.ts';
import { remember } from '../remember.ts';
import { type BundleCertificate, readCertificate } from './certificate.ts';
import { pemCertificates } from './pem.ts';

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

/** True when the bytes are one DER sequence and nothing behind it: Go refuses trailing bytes, OpenSSL does not. */
function isOneSequence(der: Buffer): boolean {
  const [tag, first = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.length === 2 + first;
  const octets = first - 0x80;
  if (octets < 1 || octets > 4 || der.length < 2 + octets) return false;
  return der.length === 2 + octets + der.readUIntBE(2, octets);
}

/**
 * Reads a PEM bundle: finds the certificates that Go's `crypto/x509` finds, and so the vMCP. Never throws: what is not
 * found is counted.
 */
export function readCaBundle(pem: string): CaBundleContent {
  const certificates: BundleCertificate[] = [];
  for (const der of pemCertificates(pem)) {
    const certificate = isOneSequence(der) ? readCertificate(der) : undefined;
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
