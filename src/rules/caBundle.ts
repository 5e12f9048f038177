import type { Lookup } from '../catalog/catalog.ts';
import { MAX_NAME } from '../kubernetes/bounds.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import { isDataKey, isObjectName } from '../kubernetes/objectNames.ts';
import { type CaBundleRef, caBundleKey, DEFAULT_CA_KEY } from '../toolhive/serverEntry.ts';
import { type BundleCertificate, type CaBundleContent, caBundleOf } from '../x509/caBundle.ts';
import type { RuleId } from './catalogue.ts';
import { forbidden, invalid, notFound, required } from './finding.ts';
import type { Finding } from './verdict.ts';

const REF = 'spec.caBundleRef.configMapRef';
const NAME = `${REF}.name`;
const KEY = `${REF}.key`;

const EXPIRY_NOTICE_MS = 30 * 24 * 60 * 60 * 1000;

/** Gap R2: the schema lets an empty name through and ToolHive looks for a ConfigMap without a name. */
function checkName(name: string): Finding[] {
  if (name === '')
    return [
      required({
        rule: 'ca-bundle-name',
        field: NAME,
        detail: 'the name of a ConfigMap in the same namespace',
      }),
    ];
  if (isObjectName(name)) return [];
  return [
    invalid({
      rule: 'ca-bundle-name',
      field: NAME,
      value: name,
      detail: `is no ConfigMap name: at most ${MAX_NAME} lower-case letters, digits, "-" and "."`,
    }),
  ];
}

/** Gaps R4 and R5: the key becomes a file name in the Pod and a path in config.yaml. */
function checkKey(key: string): Finding[] {
  const say = (detail: string) => [invalid({ rule: 'ca-bundle-key', field: KEY, value: key, detail })];
  if (key.includes('..'))
    return say(
      'must not contain "..": the vMCP refuses its whole configuration when the path of a CA bundle does',
    );
  if (key === '.') return say('must not be ".": it becomes a file name');
  if (!isDataKey(key))
    return say(`is no ConfigMap key: at most ${MAX_NAME} letters, digits, "-", "_" and "."`);
  return [];
}

/** The CRD takes Kubernetes' selector type, whose key is required, so ToolHive's own default needs an empty one. */
const KEY_ABSENT = required({
  rule: 'ca-bundle-key',
  field: KEY,
  detail: `the key of the ConfigMap; the CRD asks for one, so write ${DEFAULT_CA_KEY} (which ToolHive takes when the key is "")`,
});

function checkReference(ref: CaBundleRef): Finding[] {
  return [...checkName(ref.name), ...(ref.key === undefined ? [KEY_ABSENT] : checkKey(caBundleKey(ref)))];
}

/** The ConfigMap that the rules look into; undefined when there is none, or when the reference itself is wrong. */
export function configMapToRead(ref: CaBundleRef | undefined): string | undefined {
  return ref === undefined || checkReference(ref).length > 0 ? undefined : ref.name;
}

function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unreadable date' : date.toISOString().slice(0, 10);
}

function named(certificates: readonly BundleCertificate[]): string {
  const [first] = certificates;
  const rest = certificates.length - 1;
  return `certificate "${(first?.subject ?? '').slice(0, 100)}"${rest > 0 ? ` and ${rest} more` : ''}`;
}

function checkDates(certificates: readonly BundleCertificate[], now: Date, at: Where): Finding[] {
  const say = (rule: RuleId, detail: string) => invalid({ rule, field: KEY, value: at.where, detail });
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
        `${named(expired)} in ${at.where} expired on ${day(expired[0].notAfter)}; put a valid one there`,
      ),
    );
  if (future[0])
    findings.push(
      say(
        'ca-bundle-expired',
        `${named(future)} in ${at.where} is not valid before ${day(future[0].notBefore)}`,
      ),
    );
  if (soon[0])
    findings.push(
      say(
        'ca-bundle-expires-soon',
        `${named(soon)} in ${at.where} expires on ${day(soon[0].notAfter)}; put its successor beside it in time`,
      ),
    );
  return findings;
}

interface Where {
  /** `ConfigMap "corp-ca", key "ca.crt"`. */
  readonly where: string;
}

/** What is wrong in most bundles of which Go reads less than there seems to be. */
const ALONE =
  'each BEGIN and END must be a line of its own, with nothing before it (not even a byte order mark)';

function checkContent(content: CaBundleContent, now: Date, at: Where): Finding[] {
  const findings: Finding[] = [];
  const value = at.where;
  if (content.hasPrivateKey)
    findings.push(
      forbidden({
        rule: 'ca-bundle-private-key',
        field: KEY,
        value,
        detail: `${at.where} holds a private key, which would be mounted into the vMCP Pod; keep only certificates there`,
      }),
    );
  if (content.certificates.length === 0) {
    findings.push(
      invalid({
        rule: 'ca-bundle-not-pem',
        field: KEY,
        value,
        detail:
          content.unreadable === 0
            ? `${at.where} holds no certificate that can be read as PEM (-----BEGIN CERTIFICATE-----); this entry will not be served`
            : `the vMCP finds no certificate in ${at.where}, though ${content.unreadable} begin${content.unreadable === 1 ? 's' : ''} there: ${ALONE}; this entry will not be served`,
      }),
    );
    return findings;
  }
  if (content.unreadable > 0)
    findings.push(
      invalid({
        rule: 'ca-bundle-not-pem',
        field: KEY,
        value,
        detail: `the vMCP finds only ${content.certificates.length} of the ${content.unreadable + content.certificates.length} certificates that begin in ${at.where}, and ignores the rest: ${ALONE}`,
      }),
    );
  if (!content.certificates.some(({ ca }) => ca))
    findings.push(
      invalid({
        rule: 'ca-bundle-no-ca',
        field: KEY,
        value,
        detail: `${named(content.certificates)} in ${at.where} is no CA certificate (basicConstraints CA:TRUE); servers that it did not issue itself will not be trusted`,
      }),
    );
  findings.push(...checkDates(content.certificates, now, at));
  return findings;
}

/** Gap R1: ToolHive only looks whether the ConfigMap exists, and drops the backend silently for everything else. */
function checkConfigMap(ref: CaBundleRef, lookup: Lookup<ConfigMap>, now: Date): Finding[] {
  const key = caBundleKey(ref);
  if (lookup.state === 'missing')
    return [
      notFound({
        rule: 'ca-bundle-not-found',
        field: NAME,
        value: ref.name,
        detail: `ConfigMap "${ref.name}" does not exist yet; this entry is not served until it does`,
      }),
    ];
  if (lookup.state === 'unavailable')
    return [
      invalid({
        rule: 'ca-bundle-unread',
        field: NAME,
        value: ref.name,
        detail: `ConfigMap "${ref.name}" could not be read (${lookup.reason}), so its content was not checked`,
      }),
    ];
  const at = { where: `ConfigMap "${ref.name}", key "${key}"` };
  const content = caBundleOf(lookup.value, key);
  if (content !== undefined) return checkContent(content, now, at);
  const inBinary = lookup.value.binaryKeys.includes(key);
  const keys = Object.keys(lookup.value.data);
  const has =
    keys.length === 0
      ? 'its data is empty'
      : `it has ${keys
          .slice(0, 5)
          .map((name) => `"${name}"`)
          .join(', ')}${keys.length > 5 ? ' and more' : ''}`;
  return [
    notFound({
      rule: 'ca-bundle-key-not-found',
      field: KEY,
      value: key,
      detail: inBinary
        ? `key "${key}" of ConfigMap "${ref.name}" is in binaryData, where ToolHive does not look; move it to data. This entry will not be served`
        : `ConfigMap "${ref.name}" has no key "${key}" (${has}); this entry will not be served`,
    }),
  ];
}

/**
 * `spec.caBundleRef.configMapRef`. `lookup` is the ConfigMap that it names, undefined when it was not looked up.
 * Content that only leaves this entry unserved is a warning; a private key is a denial, since it would be mounted into
 * a Pod that is shared by the whole group.
 */
export function checkCaBundle(
  ref: CaBundleRef | undefined,
  lookup: Lookup<ConfigMap> | undefined,
  now: Date,
): Finding[] {
  if (ref === undefined) return [];
  const findings = checkReference(ref);
  if (findings.length === 0 && lookup !== undefined) findings.push(...checkConfigMap(ref, lookup, now));
  if (ref.optional)
    findings.push(
      invalid({
        rule: 'ca-bundle-optional',
        field: `${REF}.optional`,
        value: 'true',
        detail: 'ToolHive ignores optional: without the ConfigMap this entry is not served',
      }),
    );
  return findings;
}
