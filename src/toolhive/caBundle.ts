import { X509Certificate } from 'node:crypto';

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

/** The PEM blocks of a text, as `[label, whole block]`; text between blocks is skipped, as Go's `pem.Decode` does. Linear. */
function* pemBlocks(text: string): Generator<readonly [label: string, block: string]> {
  let from = 0;
  for (;;) {
    const begin = text.indexOf(BEGIN, from);
    if (begin < 0) return;
    const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
    if (labelEnd < 0) return;
    const label = text.slice(begin + BEGIN.length, labelEnd);
    const footer = `-----END ${label}-----`;
    const end = label.includes('\n') ? -1 : text.indexOf(footer, labelEnd);
    if (end < 0) {
      from = begin + BEGIN.length;
      if (!label.includes('\n')) yield [label, ''];
      continue;
    }
    from = end + footer.length;
    yield [label, text.slice(begin, from)];
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
    const certificate = readCertificate(block);
    if (certificate) certificates.push(certificate);
    else unreadable++;
  }
  return { certificates, unreadable, hasPrivateKey };
}
