import type { X509Certificate } from 'node:crypto';
import { certificatesOf } from '../../x509/parsed.ts';
import { known } from '../api.ts';
import type { Facts, ServingPair } from '../facts.ts';
import { failed, judge, ok, orOk, type Result, unknown, warning } from '../result.ts';
import { byMessage, type Webhook } from './registration.ts';

const DAY_MS = 86_400_000;
/** cert-manager renews 30 days before the end; two weeks later something is wrong. */
const SOON_DAYS = 14;
/** Longer than any chain of certificates that is in use. */
const MAX_CHAIN = 8;

function nameOf({ subject }: X509Certificate): string {
  return subject?.replaceAll('\n', ', ') || '(no subject)';
}

function signed(by: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(by) && certificate.verify(by.publicKey);
  } catch {
    return false;
  }
}

/** Days until the end; negative after it. */
function daysLeft(certificate: X509Certificate, now: Date): number {
  return Math.floor((certificate.validToDate.getTime() - now.getTime()) / DAY_MS);
}

function isInTime({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}

/** The root that a chain ends at; undefined when none of them signed it. Dates are not looked at. */
function rootOf(
  roots: readonly X509Certificate[],
  chain: readonly X509Certificate[],
): X509Certificate | undefined {
  let [current] = chain;
  for (let step = 0; current !== undefined && step < MAX_CHAIN; step += 1) {
    const top: X509Certificate = current;
    const root = roots.find((one) => one.fingerprint256 === top.fingerprint256 || signed(one, top));
    if (root) return root;
    current = chain.find((one) => one !== top && signed(one, top));
  }
  return undefined;
}

/** The caBundle of one webhook. */
interface Bundle {
  readonly webhook: string;
  readonly certificates: readonly X509Certificate[];
}

function bundlesOf({ installation }: Facts): Bundle[] {
  const configurations = [known(installation.validating), known(installation.mutating)];
  const webhooks = configurations.flatMap((configuration) => (configuration?.webhooks ?? []) as Webhook[]);
  return webhooks.map(({ name, clientConfig: { caBundle = '' } }) => ({
    webhook: name,
    certificates: certificatesOf(Buffer.from(caBundle, 'base64').toString('latin1')),
  }));
}

/** What the replicas serve: what was seen, else what the Secret holds. */
function servedChain(facts: Facts): readonly X509Certificate[] | undefined {
  return known(facts.served) ?? known(facts.installation.pair)?.chain;
}

/** What is wrong with the time of a certificate, as a result. */
function timeProblem(certificate: X509Certificate, what: string, now: Date): Result | undefined {
  const end = certificate.validToDate.toISOString().slice(0, 10);
  if (certificate.validFromDate > now) return failed(`${what} is not valid yet`);
  const days = daysLeft(certificate, now);
  if (certificate.validToDate < now) return failed(`${what} expired on ${end}`);
  return days < SOON_DAYS
    ? warning(`${what} ends on ${end}, in ${days} days, and was not renewed`)
    : undefined;
}

export function caBundle(facts: Facts): readonly Result[] {
  const bundles = bundlesOf(facts);
  if (bundles.length === 0) return [unknown('no webhook configuration could be read')];
  const empty = bundles.filter(({ certificates }) => certificates.length === 0);
  if (empty.length > 0) {
    const which =
      empty.length === bundles.length ? 'every webhook' : empty.map(({ webhook }) => webhook).join(', ');
    return [
      failed(
        `the caBundle of ${which} holds no certificate: the CA injector of cert-manager has to write it, or vmcp-admission certs`,
      ),
    ];
  }
  const late = bundles.filter(({ certificates }) => !certificates.some((one) => isInTime(one, facts.now)));
  return orOk(
    late.map(({ webhook }) => failed(`every CA in the caBundle of ${webhook} is out of its time`)),
    `all ${bundles.length} webhooks have a CA`,
  );
}

function pairProblems(
  { hasKey, keyMatches, chain: [leaf] }: ServingPair,
  secret: string,
  now: Date,
): Result[] {
  if (leaf === undefined || !hasKey) return [failed(`${secret} has no usable tls.crt and tls.key`)];
  const problems: Result[] = keyMatches
    ? []
    : [failed(`tls.key of ${secret} belongs to another certificate`)];
  const time = timeProblem(leaf, `the certificate in ${secret}`, now);
  return time ? [...problems, time] : problems;
}

export function servingCertificate(facts: Facts): readonly Result[] {
  const { now, served, installation } = facts;
  const secret = `Secret ${installation.secretName}`;
  const [seen] = known(served) ?? [];
  const inTime = (leaf: X509Certificate) =>
    `the serving certificate is valid for ${daysLeft(leaf, now)} more days`;
  if (installation.pair.state === 'unread' && seen) {
    const time = timeProblem(seen, 'the certificate that the Service presents', now);
    return [time ?? ok(inTime(seen))];
  }
  return judge(
    installation.pair,
    secret,
    (text) => failed(`${text}: no replica can start`),
    (pair) => {
      const [leaf] = pair.chain;
      return orOk(pairProblems(pair, secret, now), leaf ? inTime(leaf) : '');
    },
  );
}

export function certificateNames(facts: Facts): readonly Result[] {
  const { name, namespace } = facts.target;
  const host = `${name}.${namespace}.svc`;
  const [leaf] = servedChain(facts) ?? [];
  if (!leaf) return [unknown('the serving certificate cannot be read')];
  return leaf.checkHost(host, { subject: 'never' })
    ? [ok(`the serving certificate is for ${host}`)]
    : [
        failed(
          `the serving certificate is for ${leaf.subjectAltName ?? 'no name'}, and the API server calls ${host}`,
        ),
      ];
}

/** Why a caBundle does not verify what is served; undefined when it does. */
function trustProblem(
  roots: readonly X509Certificate[],
  chain: readonly X509Certificate[],
  leaf: X509Certificate,
  now: Date,
): string | undefined {
  const root = rootOf(roots, chain);
  if (root)
    return isInTime(root, now) ? undefined : `the CA ${nameOf(root)} in the caBundle is out of its time`;
  const issuer = leaf.issuer.replaceAll('\n', ', ');
  return `the caBundle holds ${roots.map(nameOf).join('; ')}, and none of it signed the serving certificate, which ${issuer} issued`;
}

/** Whether every caBundle trusts what the replicas serve; the sentence says which side does not fit. */
export function trust(facts: Facts): readonly Result[] {
  const chain = servedChain(facts);
  const [leaf] = chain ?? [];
  if (!chain || !leaf)
    return [
      unknown('the serving certificate cannot be read, so it is not known whether the caBundle fits it'),
    ];
  const bundles = bundlesOf(facts).filter(({ certificates }) => certificates.length > 0);
  if (bundles.length === 0) return [unknown('there is no caBundle to compare with')];
  const problems = bundles.flatMap(({ webhook, certificates }) => {
    const problem = trustProblem(certificates, chain, leaf, facts.now);
    return problem === undefined ? [] : [[webhook, failed(problem)] as const];
  });
  return orOk(byMessage(problems), 'every caBundle trusts the serving certificate');
}

/** Whether the replicas serve what the Secret holds. Returns nothing when doctor did not connect. */
export function servedPair(facts: Facts): readonly Result[] {
  if (facts.served.state === 'unread')
    return [unknown(`the Service cannot be connected to from here: ${facts.served.why}`)];
  const [seen] = known(facts.served) ?? [];
  const [stored] = known(facts.installation.pair)?.chain ?? [];
  if (!seen || !stored) return [];
  return [
    seen.fingerprint256 === stored.fingerprint256
      ? ok('the replica that answered serves the certificate of the Secret')
      : warning(
          'the replica that answered serves an older certificate than the Secret holds; the kubelet takes a minute or more',
        ),
  ];
}
