import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ConnectionError } from '../../apiClient/errors.ts';
import { kubeConfigSource, runsInCluster } from '../../apiClient/kubeconfig.ts';
import { type Send, sender } from '../../apiClient/send.ts';
import {
  CHECKS,
  type CheckId,
  examine,
  type Finding,
  isCheckId,
  type Phase,
  requiring,
} from '../../doctor/checks.ts';
import type { Shipped, Target } from '../../doctor/facts.ts';
import { gather, NoCluster } from '../../doctor/gather/gather.ts';
import { isFine, jsonReport, type Paint, textReport } from '../../doctor/report.ts';
import type { Status } from '../../doctor/result.ts';
import { parseDuration } from '../../text/goDuration.ts';
import { VERSION } from '../../version.ts';
import { CONTEXT_OPTION, KUBECONFIG_OPTION } from '../shared/kubeconfigOptions.ts';
import { EXIT, fail, painter, write } from '../shared/stdio.ts';
import { recoverCommand } from './doctorRecover.ts';
import { toObjectName } from './objectNameOption.ts';
import { shippedManifests } from './shippedManifests.ts';

const NAME = 'vmcp-admission';
/** Between two looks with --wait. */
const PAUSE_MS = 2_000;
const COLOURS = { ok: 'green', note: 'dim', unknown: 'yellow', warning: 'yellow', failed: 'red' } as const;

interface DoctorOptions {
  readonly pre?: boolean;
  readonly wait?: number;
  readonly require?: readonly CheckId[];
  readonly output: 'text' | 'json';
  readonly verbose?: boolean;
  readonly name: string;
  readonly namespace: string;
  readonly probeNamespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Milliseconds of a duration such as `90s` or `5m`. */
function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Use a duration such as 90s or 5m.');
  return ms;
}

/** The ids of checks, separated by commas. */
function checkIds(text: string): readonly CheckId[] {
  return text.split(',').map((id) => {
    if (!isCheckId(id)) throw new InvalidArgumentError(`The checks are ${Object.keys(CHECKS).join(', ')}.`);
    return id;
  });
}

/** One line of a terminal that says what --wait waits for; it is written over. */
function showWaiting(findings: readonly Finding[]): void {
  if (!process.stderr.isTTY) return;
  const failing = new Set(findings.filter(({ status }) => status === 'failed').map(({ id }) => id));
  process.stderr.write(`\r\x1b[Kwaiting: ${[...failing].join(', ')}`);
}

/** Looks again until nothing has failed or the time is over; the last findings count. */
async function examineFor(
  waitMs: number,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const end = performance.now() + waitMs;
  for (;;) {
    try {
      const findings = await look();
      if (isFine(findings) || performance.now() + PAUSE_MS > end) return findings;
      showWaiting(findings);
    } catch (error) {
      if (!(error instanceof NoCluster) || performance.now() + PAUSE_MS > end) throw error;
    }
    await delay(PAUSE_MS);
  }
}

function targetOf({ name, namespace, probeNamespace, kubeconfig, context }: DoctorOptions): Target {
  const inCluster = kubeconfig === undefined && context === undefined && runsInCluster();
  return { name, namespace, probeNamespace, dial: inCluster };
}

function paintFor(stream: NodeJS.WriteStream): Paint {
  const paint = painter(stream.isTTY ? stream.hasColors() : false);
  return (status: Status, text) => paint(COLOURS[status], text);
}

async function run(send: Send, shipped: Shipped, options: DoctorOptions): Promise<number> {
  const phase: Phase = options.pre ? 'pre' : 'installed';
  const target = targetOf(options);
  const findings = await examineFor(options.wait ?? 0, async () =>
    requiring(examine(await gather(send, target, shipped, phase), phase), options.require ?? []),
  );
  if (options.wait && process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const text = { verbose: options.verbose ?? false, paint: paintFor(process.stdout) };
  await write(
    process.stdout,
    options.output === 'json' ? jsonReport(findings, target, phase) : textReport(findings, text),
  );
  return isFine(findings) ? EXIT.clean : EXIT.denied;
}

async function runDoctor(options: DoctorOptions): Promise<number> {
  try {
    const connection = await kubeConfigSource(options.kubeconfig, undefined, options.context)(true);
    return await run(sender(connection, `${NAME}-doctor/${VERSION}`), await shippedManifests(), options);
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof NoCluster)
      return fail([`vmcp-admission doctor: ${error.message}`]);
    throw error;
  }
}

/** `vmcp-admission doctor`: what is wrong with an installation, or would be. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('examine an installation: whether the webhook is really asked, and if not, why')
    .option('--pre', 'examine the cluster before an installation')
    .option(
      '--wait <duration>',
      'look again until nothing has failed, for at most so long (such as 5m)',
      duration,
    )
    .option(
      '--require <checks>',
      'comma-separated checks that must not be unknown, such as entry-denied',
      checkIds,
    )
    .addOption(
      new Option('-o, --output <format>', 'form of the report').choices(['text', 'json']).default('text'),
    )
    .option('-v, --verbose', 'print every check, not only what is not fine')
    .option(
      '--name <name>',
      'name of the Deployment, the Service and the webhook configurations',
      toObjectName,
      NAME,
    )
    .option('-n, --namespace <name>', 'namespace of the installation', toObjectName, NAME)
    .option(
      '--probe-namespace <name>',
      'namespace of the dry runs; default: one that is reviewed',
      toObjectName,
    )
    .option(...KUBECONFIG_OPTION)
    .option(...CONTEXT_OPTION)
    .addHelpText(
      'after',
      `
Nothing is changed: the proof is a server-side dry run of an entry that the webhook must deny. What may not be read is
reported as unknown. docs/doctor.md has a section for each id.
Exit codes: 0 nothing has failed; 1 something has; 2 wrong usage, or the cluster cannot be reached.`,
    )
    .addCommand(recoverCommand())
    .action(async (options: DoctorOptions) => {
      process.exitCode = await runDoctor(options);
    });
}
