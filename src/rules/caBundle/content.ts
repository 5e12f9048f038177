import type { CaBundleContent } from '../../x509/caBundle.ts';
import type { BundleCertificate } from '../../x509/certificate.ts';
import { forbidden, invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { RuleId } from '../index.ts';
import { deny, warn } from '../rule.ts';
import { KEY } from './fields.ts';

export const caContentRules = {
  'ca-bundle-not-pem': warn('A CA bundle must contain PEM certificates.', 'MCPServerEntry'),
  'ca-bundle-private-key': deny('A CA bundle must not contain a private key.', 'MCPServerEntry'),
  'ca-bundle-no-ca': warn('A CA bundle must contain a CA certificate.', 'MCPServerEntry'),
  'ca-bundle-expired': warn('The certificates of a CA bundle must be valid now.', 'MCPServerEntry'),
  'ca-bundle-expires-soon': warn(
    'The certificates of a CA bundle must be valid for the next 30 days.',
    'MCPServerEntry',
  ),
};

const EXPIRY_NOTICE_MS = 30 * 24 * 60 * 60 * 1000;

/** The day of a date, as messages show it. */
function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unreadable date' : date.toISOString().slice(0, 10);
}

/** `certificate "CN=Corp CA" and 2 more`. */
function named(certificates: readonly BundleCertificate[]): string {
  const [first] = certificates;
  const rest = certificates.length - 1;
  return `certificate "${(first?.subject ?? '').slice(0, 100)}"${rest > 0 ? ` and ${rest} more` : ''}`;
}

function checkDates(certificates: readonly BundleCertificate[], now: Date, where: string): Finding[] {
  const say = (rule: RuleId, detail: string) => invalid({ rule, field: KEY, value: where, detail });
  const findings: Finding[] = [];
  const expired = certificates.filter(({ notAfter }) => notAfter < now);
  const future = certificates.filter(({ notBefore }) => notBefore > now);
  const soon = certificates.filter(
    ({ notAfter }) => notAfter >= now && notAfter.getTime() - now.getTime() <= EXPIRY_NOTICE_MS,
  );
  if (expired[0])
    findings.push(
      say(
        'ca-bundle-expired',
        `${named(expired)} in ${where} expired on ${day(expired[0].notAfter)}; replace it`,
      ),
    );
  if (future[0])
    findings.push(
      say(
        'ca-bundle-expired',
        `${named(future)} in ${where} is not valid before ${day(future[0].notBefore)}`,
      ),
    );
  if (soon[0])
    findings.push(
      say(
        'ca-bundle-expires-soon',
        `${named(soon)} in ${where} expires on ${day(soon[0].notAfter)}; add its successor before then`,
      ),
    );
  return findings;
}

/** Why Go finds fewer certificates than a text seems to have, in most cases. */
const ALONE =
  'each BEGIN and END must be a line of its own, with nothing before it (not even a byte order mark)';

/**
 * The certificates that the vMCP will find in a CA bundle.
 * @param where `ConfigMap "corp-ca", key "ca.crt"`
 */
export function checkContent(content: CaBundleContent, now: Date, where: string): Finding[] {
  const findings: Finding[] = [];
  if (content.hasPrivateKey)
    findings.push(
      forbidden({
        rule: 'ca-bundle-private-key',
        field: KEY,
        value: where,
        detail: `${where} contains a private key, which would be mounted into the vMCP Pod; keep only certificates there`,
      }),
    );
  if (content.certificates.length === 0) {
    findings.push(
      invalid({
        rule: 'ca-bundle-not-pem',
        field: KEY,
        value: where,
        detail:
          content.unreadable === 0
            ? `${where} contains no readable PEM certificate (-----BEGIN CERTIFICATE-----); this entry will not be served`
            : `the vMCP finds no certificate in ${where}, though ${content.unreadable} begin${content.unreadable === 1 ? 's' : ''} there: ${ALONE}; this entry will not be served`,
      }),
    );
    return findings;
  }
  if (content.unreadable > 0)
    findings.push(
      invalid({
        rule: 'ca-bundle-not-pem',
        field: KEY,
        value: where,
        detail: `the vMCP finds only ${content.certificates.length} of the ${content.unreadable + content.certificates.length} certificates that begin in ${where}, and ignores the rest: ${ALONE}`,
      }),
    );
  if (!content.certificates.some(({ ca }) => ca))
    findings.push(
      invalid({
        rule: 'ca-bundle-no-ca',
        field: KEY,
        value: where,
        detail: `${named(content.certificates)} in ${where} is not a CA certificate (basicConstraints CA:TRUE); servers that it did not issue itself will not be trusted`,
      }),
    );
  findings.push(...checkDates(content.certificates, now, where));
  return findings;
}
