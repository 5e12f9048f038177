import { X509Certificate } from 'node:crypto';
import type { ConfigMap } from './configMap.ts';
import { remember } from './remember.ts';

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
  /** How many blocks say CERTIFICATE but cannot be parsed. */
  readonly unreadable: number;
  readonly hasPrivateKey: boolean;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';
const CERTIFICATE_END = '-----END CERTIFICATE-----';

/**
 * The PEM blocks of a text: the whole block for certificates, undefined for one without its end and for every other
 * label (only the label of those is of interest). Text between blocks is skipped, as Go's `pem.Decode` does.
 * Linear: each search goes on where the last one ended, and a missing end is searched for once.
 */
function* pemBlocks(text: string): Generator<readonly [label: string, block: string | undefined]> {
  let from = 0;
  let ended = true;
  for (;;) {
    const begin = text.indexOf(BEGIN, from);
    if (begin < 0) return;
    const labelFrom = begin + BEGIN.length;
    const labelEnd = text.indexOf(DASHES, labelFrom);
    if (labelEnd < 0) return;
    const label = text.slice(labelFrom, labelEnd);
    const end: number = label === 'CERTIFICATE' && ended ? text.indexOf(CERTIFICATE_END, labelEnd) : -1;
    if (label === 'CERTIFICATE' && end < 0) ended = false;
    from = end < 0 ? labelEnd : end + CERTIFICATE_END.length;
    yield [label, end < 0 ? undefined : text.slice(begin, from)];
  }
}

function readCertificate(block: string): BundleCertificate | undefined {
  try {
    const certificate = new X509Certificate(block);
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

/** Reads a PEM bundle. Never throws: what cannot be parsed is counted. */
export function readCaBundle(pem: string): CaBundleContent {
  const certificates: BundleCertificate[] = [];
  let unreadable = 0;
  let hasPrivateKey = false;
  for (const [label, block] of pemBlocks(pem)) {
    if (label.endsWith('PRIVATE KEY')) hasPrivateKey = true;
    if (label !== 'CERTIFICATE') continue;
    const certificate = block === undefined ? undefined : readCertificate(block);
    if (certificate) certificates.push(certificate);
    else unreadable++;
  }
  return { certificates, unreadable, hasPrivateKey };
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
