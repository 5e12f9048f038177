import type { AddressInfo } from 'node:net';
import { Command } from 'commander';
import { mutateReviewer } from '../reviewers/mutate.ts';
import { withPodGuard } from '../reviewers/podGuard.ts';
import { validateReviewer } from '../reviewers/validate.ts';
import { ListenError } from '../server/listen.ts';
import { type LogSink, stdoutLog } from '../server/log.ts';
import { bindLifetime } from '../server/process.ts';
import { makeWebhooks } from '../server/server.ts';
import { type ClientAuth, readClientCa } from '../server/tls.ts';
import { readSettings, SERVE_FLAGS, type Settings } from '../settings.ts';
import type { Policy } from '../validation/policy.ts';
import { policyDocument } from '../validation/policyFile.ts';
import { VERSION } from '../version.ts';
import { openCatalog, StartError } from './catalogSource.ts';
import { loadPolicy } from './policyOption.ts';

/** Exit code for settings that cannot be used, as for a wrong command line. */
const USAGE = 2;

/** A webhook that answers reviews. */
export interface Running {
  readonly reviews: AddressInfo;
  readonly health: AddressInfo;
  /** Stops in order; resolves when nothing is open any more. */
  stop(): Promise<void>;
}

function clientAuth(settings: Settings): ClientAuth | undefined {
  if (settings.clientCaFile === undefined) return undefined;
  try {
    return { ca: readClientCa(settings.clientCaFile), allowedNames: settings.clientAllowedNames };
  } catch (error) {
    throw new StartError([error instanceof Error ? error.message : 'the client CA cannot be read']);
  }
}

async function readPolicy(settings: Settings): Promise<Policy> {
  const loaded = await loadPolicy(settings.policy);
  if (!loaded.ok) throw new StartError(loaded.problems);
  return loaded.policy;
}

/** Starts everything that `serve` is made of. Rejects with a StartError or ListenError; nothing is left open then. */
export async function startServing(settings: Settings, sink: LogSink): Promise<Running> {
  const { log } = sink;
  const now = () => new Date();
  const policy = await readPolicy(settings);
  log.info({ policy: policyDocument(policy) }, 'policy in effect');
  const webhooks = makeWebhooks({
    version: VERSION,
    certFolder: settings.certDir,
    clientAuth: clientAuth(settings),
    reviews: { host: settings.host, port: settings.port },
    health: { host: settings.host, port: settings.healthPort },
    log,
    now,
    drain: settings.shutdownDelay,
  });
  const source = await openCatalog(settings, log, webhooks.metrics);
  const stop = async () => {
    await webhooks.stop();
    source.stop();
  };
  try {
    const reviewers = {
      validate: withPodGuard(validateReviewer({ catalog: source.catalog, policy })),
      mutate: mutateReviewer({
        catalog: source.catalog,
        policy,
        settings: { unknownGroup: settings.unknownGroup, unusableConfig: settings.unusableConfig },
      }),
    };
    const addresses = await webhooks.start(reviewers, [source.check]);
    // The first lists are work for the event loop; probes and the API server find an open port before that.
    source.start();
    return { ...addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function refuseStart(problems: readonly string[]): void {
  const list = problems.map((problem) => `  - ${problem}\n`).join('');
  process.stderr.write(`vmcp-admission: serve cannot start:\n${list}`);
  process.exitCode = USAGE;
}

async function serve(flags: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  const read = readSettings(flags);
  if (!read.ok) return refuseStart(read.problems);
  const sink = stdoutLog(read.settings.logLevel);
  sink.log.info({ version: VERSION, node: process.version, settings: read.settings }, 'starting');
  let running: Running;
  try {
    running = await startServing(read.settings, sink);
  } catch (error) {
    sink.flush();
    if (error instanceof StartError) return refuseStart(error.problems);
    if (error instanceof ListenError) return refuseStart([error.message]);
    throw error;
  }
  bindLifetime({ process, sink, level: read.settings.logLevel, stop: running.stop });
}

/** `vmcp-admission serve`. */
export function serveCommand(): Command {
  const command = new Command('serve').description('answer admission reviews over HTTPS');
  for (const { flag, help } of SERVE_FLAGS) command.option(flag, help);
  return command.action((flags: Record<string, string | boolean | undefined>) => serve(flags));
}
