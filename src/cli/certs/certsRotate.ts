import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { asApiError, ConnectionError } from '../../apiClient/errors.ts';
import { kubeConfigSource } from '../../apiClient/kubeconfig.ts';
import { sender } from '../../apiClient/send.ts';
import { isDnsLabel, isObjectName } from '../../kubernetes/objectNames.ts';
import { clusterOf } from '../../rotation/apiServer.ts';
import type { Change } from '../../rotation/nextStep.ts';
import { type Rotated, RotationError, rotate } from '../../rotation/rotate.ts';
import { parseDuration } from '../../text/goDuration.ts';
import { counted } from '../../text/line.ts';
import { VERSION } from '../../version.ts';
import { serviceNames } from '../../x509/generate.ts';
import { KUBECONFIG_OPTION } from '../shared/kubeconfigOptions.ts';
import { EXIT, fail, write } from '../shared/stdio.ts';

const NAME = 'vmcp-admission';
const MAX_CA_DAYS = 36_500;
/** A CA is renewed when a fifth of its life is left; what it signs must end before it does. */
const CA_TO_LEAF = 5;

/** What the flags say, checked. */
interface Settings {
  readonly names: readonly string[];
  readonly namespace: string;
  readonly secret: string;
  readonly configurations: string;
  readonly authorityDays: number;
  readonly leafDays: number;
  readonly grace: number;
  readonly settle: number;
}

interface RotateOptions {
  readonly service: string;
  readonly namespace: string;
  readonly secret: string;
  readonly configurations?: string;
  readonly caDays: string;
  readonly days: string;
  readonly grace: string;
  readonly settle: string;
  readonly renew?: 'ca' | 'leaf';
  readonly kubeconfig?: string;
}

/** A whole number of days; a problem is added when it is none, or out of range. */
function daysOf(flag: string, text: string, max: number, problems: string[]): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > max) problems.push(`${flag} must be a whole number from 1 to ${max}, not "${text}"`);
  return days;
}

function durationOf(flag: string, text: string, problems: string[]): number {
  const ms = parseDuration(text);
  if (ms === undefined) problems.push(`${flag} must be a duration such as 24h or 30s, not "${text}"`);
  return ms ?? 0;
}

/** The settings, and every reason why they cannot be used. */
function settingsOf(options: RotateOptions): { readonly settings: Settings; readonly problems: string[] } {
  const { service, namespace, secret, configurations = service } = options;
  const problems: string[] = [];
  const check = (flag: string, value: string, isName: (name: string) => boolean) => {
    if (!isName(value)) problems.push(`${flag} must be the name of a Kubernetes object, not "${value}"`);
  };
  check('--service', service, isDnsLabel);
  check('--namespace', namespace, isDnsLabel);
  check('--secret', secret, isObjectName);
  check('--configurations', configurations, isObjectName);
  const authorityDays = daysOf('--ca-days', options.caDays, MAX_CA_DAYS, problems);
  const leafDays = daysOf('--days', options.days, MAX_CA_DAYS, problems);
  if (authorityDays < CA_TO_LEAF * leafDays)
    problems.push(`--ca-days must be at least ${CA_TO_LEAF} times --days, which is ${CA_TO_LEAF * leafDays}`);
  const grace = durationOf('--grace', options.grace, problems);
  const settle = durationOf('--settle', options.settle, problems);
  const names = serviceNames(service, namespace);
  const settings = { names, namespace, secret, configurations, authorityDays, leafDays, grace, settle };
  return { settings, problems };
}

/** A line for a change that was made. */
function sentenceFor(change: Change | { readonly do: 'wait' }, { settle }: Settings): string {
  switch (change.do) {
    case 'make-authority':
      return 'stored a new CA';
    case 'trust':
      return `${change.configuration.kind}: caBundle has ${counted(change.authorities.length, 'CA')} now`;
    case 'wait':
      return `waiting ${settle / 1_000} s, until every API server trusts the new CA`;
    case 'issue-leaf':
      return 'stored a new serving certificate';
    case 'retire':
      return 'removed the CAs that no serving certificate needs any more';
  }
}

/** Prints what comes next; a configuration that does not exist makes the run incomplete. */
async function conclude({ until, configurations }: Rotated, name: string): Promise<number> {
  const kinds = configurations.map(({ kind }) => kind);
  const missing = (['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const).filter(
    (kind) => !kinds.includes(kind),
  );
  await write(process.stdout, `nothing more to do before ${until.toISOString()}\n`);
  for (const kind of missing)
    await write(process.stderr, `${kind}/${name} does not exist; run this again when it does\n`);
  return missing.length === 0 ? EXIT.clean : EXIT.denied;
}

async function runRotate(options: RotateOptions): Promise<number> {
  const { settings, problems } = settingsOf(options);
  if (problems.length > 0) return fail(problems.map((problem) => `vmcp-admission certs rotate: ${problem}`));
  const { grace, settle } = settings;
  const now = () => new Date();
  try {
    const connection = await kubeConfigSource(options.kubeconfig)(true);
    const rotated = await rotate({
      cluster: clusterOf(sender(connection, `${NAME}/${VERSION}`), { ...settings, now }),
      grace,
      settle,
      now,
      renew: options.renew,
      wait: (ms) => delay(ms),
      report: (event) => write(process.stdout, `${sentenceFor(event, settings)}\n`),
    });
    return await conclude(rotated, settings.configurations);
  } catch (error) {
    const known = error instanceof RotationError || error instanceof ConnectionError;
    const message = known ? error.message : asApiError(error).message;
    await fail([`vmcp-admission certs rotate: ${message}`]);
    return error instanceof RotationError ? EXIT.denied : EXIT.unusable;
  }
}

/** `vmcp-admission certs rotate`: makes and renews CA and serving certificate in the cluster. */
export function rotateCommand(): Command {
  return new Command('rotate')
    .description('make or renew the CA and the serving certificate in the cluster, for a CronJob')
    .option('--service <name>', 'Service that the API server calls', NAME)
    .option('--namespace <name>', 'namespace of the Service and the Secret', NAME)
    .option('--secret <name>', 'Secret for both certificates and their keys', `${NAME}-certs`)
    .option(
      '--configurations <name>',
      'name of the two webhook configurations (default: that of the Service)',
    )
    .option('--ca-days <number>', 'how long a CA is valid; it is renewed when a fifth is left', '3650')
    .option(
      '--days <number>',
      'how long a serving certificate is valid; it is renewed when a third is left',
      '90',
    )
    .option('--grace <duration>', 'how long the CA before stays trusted after the new certificate', '24h')
    .option('--settle <duration>', 'wait between the trust in a new CA and its first certificate', '10s')
    .addOption(new Option('--renew <what>', 'renew although it is not due').choices(['ca', 'leaf']))
    .option(...KUBECONFIG_OPTION)
    .addHelpText(
      'after',
      `
Does what is due and ends; safe to interrupt and to run twice at once. A new CA is trusted beside the old one before a
certificate of it is stored, and the old one goes when --grace is over, in a later run. --grace must be longer than the
kubelets take to bring a changed Secret into the Pods, which is up to 90 seconds.

It writes the Secret, which must have the annotation vmcp-admission.dev/certificates: self-managed, and the caBundle of
the two configurations, and refuses what cert-manager or the service CA of OpenShift writes. The chart
(certificates.mode: selfManaged) and the component self-managed-certs run it.

Exit codes: 0 nothing more to do; 1 refused, or a configuration does not exist yet; 2 wrong usage, or the cluster cannot
be reached at all.`,
    )
    .action(async (options: RotateOptions) => {
      process.exitCode = await runRotate(options);
    });
}
