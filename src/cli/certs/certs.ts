import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { isDnsLabel } from '../../kubernetes/objectNames.ts';
import { fileErrorText } from '../../text/fileError.ts';
import { makeAuthority, makeLeaf, serviceNames } from '../../x509/generate.ts';
import { parseCertificate } from '../../x509/parsed.ts';
import { EXIT, write } from '../shared/stdio.ts';
import { rotateCommand } from './certsRotate.ts';

interface CertsOptions {
  readonly service: string;
  readonly namespace: string;
  readonly days: string;
  readonly trustAlso?: string;
}

/** The shipped configurations and their webhooks: the API server merges `webhooks` by name, so each has to be named. */
const CONFIGURATIONS: Readonly<Record<string, readonly string[]>> = {
  ValidatingWebhookConfiguration: [
    'validate.vmcp-admission.dev',
    'groups.vmcp-admission.dev',
    'guard-operator-made.vmcp-admission.dev',
    'guard-self-managed.vmcp-admission.dev',
  ],
  MutatingWebhookConfiguration: [
    'inject-operator-made.vmcp-admission.dev',
    'inject-self-managed.vmcp-admission.dev',
  ],
};
const NAME = 'vmcp-admission';
const MAX_DAYS = 3_650;

/**
 * How the output is applied: kubectl's plain apply would take everything out of the configurations that is not in it. The
 * configurations must have been applied on the server side, too: else kubectl first hands all of their fields to this
 * manager, and the API server refuses to lose them.
 */
const APPLY = 'kubectl apply --server-side --field-manager=vmcp-admission-certs -f -';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Every reason why the options cannot be used. */
function problemsOf({ service, namespace, days }: CertsOptions): string[] {
  const problems: string[] = [];
  for (const [flag, value] of Object.entries({ '--service': service, '--namespace': namespace }))
    if (!isDnsLabel(value))
      problems.push(
        `${flag} must be a name of at most 63 lower-case letters, digits and hyphens, not "${value}"`,
      );
  if (!/^\d{1,4}$/.test(days) || Number(days) < 1 || Number(days) > MAX_DAYS)
    problems.push(`--days must be a whole number from 1 to ${MAX_DAYS}, not "${days}"`);
  return problems;
}

/** What a new CA and a serving pair are for. */
export interface CertsRequest {
  readonly service: string;
  readonly namespace: string;
  readonly days: number;
  readonly now: Date;
  /** PEM of CAs that stay trusted beside the new one; empty for none. */
  readonly alsoTrusted: string;
}

/**
 * The objects to apply, in the order that leaves no call without trust: first the API server trusts the new CA (and
 * the ones before), then the replicas get the pair. The CA's key is thrown away: it can sign nothing else, ever.
 */
export async function certificateObjects(request: CertsRequest): Promise<readonly object[]> {
  const { service, namespace, days, now, alsoTrusted } = request;
  const authority = await makeAuthority({ commonName: `${NAME} CA ${now.toISOString()}`, now, days });
  const names = serviceNames(service, namespace);
  const leaf = await makeLeaf(authority, { commonName: NAME, names, usage: 'server', now, days });
  const trust = authority.cert + alsoTrusted;
  const configurations = Object.entries(CONFIGURATIONS).map(([kind, webhooks]) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    // A `namePrefix` of kustomize renames the Service and the configurations alike.
    metadata: { name: service },
    webhooks: webhooks.map((name) => ({ name, clientConfig: { caBundle: base64(trust) } })),
  }));
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${NAME}-tls`, namespace, labels: { 'app.kubernetes.io/name': NAME } },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(leaf.cert), 'tls.key': base64(leaf.key), 'ca.crt': base64(trust) },
  };
  return [...configurations, secret];
}

/** The certificates of `--trust-also` that are still valid, as PEM. Rejects with one sentence. */
async function alsoTrusted(file: string | undefined, now: Date): Promise<string> {
  if (file === undefined) return '';
  const unusable = (reason: string) => new Error(`--trust-also ${file}: ${reason}`);
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unusable(fileErrorText(error));
  });
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw unusable('holds no certificate in PEM form');
  const certificates = blocks.map((block) => parseCertificate(block));
  if (certificates.includes(undefined)) throw unusable('holds a certificate that cannot be read');
  return certificates
    .filter((certificate) => certificate !== undefined && certificate.validToDate > now)
    .map(String)
    .join('');
}

async function runCerts(options: CertsOptions): Promise<number> {
  const now = new Date();
  const problems = problemsOf(options);
  let trusted = '';
  try {
    trusted = await alsoTrusted(options.trustAlso, now);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : 'the file of --trust-also cannot be used');
  }
  if (problems.length > 0) {
    await write(process.stderr, problems.map((problem) => `vmcp-admission certs: ${problem}\n`).join(''));
    return EXIT.unusable;
  }
  const { service, namespace, days } = options;
  const objects = await certificateObjects({
    service,
    namespace,
    days: Number(days),
    now,
    alsoTrusted: trusted,
  });
  const head = `# Apply with: ${APPLY}\n# It holds a private key: pipe it, or remove the file afterwards.\n`;
  await write(
    process.stdout,
    head + objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'),
  );
  return EXIT.clean;
}

/** `vmcp-admission certs`: a CA and a serving pair for clusters without cert-manager, as manifests on stdout. */
export function certsCommand(): Command {
  return new Command('certs')
    .description('print a new CA and serving certificate as manifests, for a cluster without cert-manager')
    .option('--service <name>', 'Service that the API server calls', NAME)
    .option('--namespace <name>', 'namespace of the Service', NAME)
    .option('--days <number>', 'how long the CA and the certificate are valid', '365')
    .option(
      '--trust-also <file>',
      'PEM file of the CA before, trusted until the replicas serve the new certificate',
    )
    .addHelpText(
      'after',
      `
Prints the caBundle of both webhook configurations, then the Secret ${NAME}-tls: trust comes before the certificate.
The configurations must be there already, applied on the server side. To install without blocking anything, begin with
the components without-cert-manager and fail-open in your kustomization.yaml (docs/install.md):

  kubectl apply --server-side -k .
  vmcp-admission certs | ${APPLY}
  kubectl -n ${NAME} rollout status deployment/${NAME}

Then remove fail-open from it and apply again:

  kubectl apply --server-side -k .

To renew, long before the end: keep the CA before trusted, or calls fail until every replica has the new certificate.

  kubectl get secret ${NAME}-tls -n ${NAME} -o jsonpath='{.data.ca\\.crt}' | base64 -d > ca-before.crt
  vmcp-admission certs --trust-also ca-before.crt | ${APPLY}`,
    )
    .action(async (options: CertsOptions) => {
      process.exitCode = await runCerts(options);
    })
    .enablePositionalOptions()
    .addCommand(rotateCommand());
}
