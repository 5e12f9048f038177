import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { mutateReviewer } from '../review/mutate.ts';
import { withPodGuard } from '../review/podGuard.ts';
import { validateReviewer } from '../review/validate.ts';
import type { Policy } from '../rules/policy.ts';
import { policyDocument } from '../rules/policyFile.ts';
import { ClientCaError, readClientCa } from '../server/clientCa.ts';
import { ListenError } from '../server/listen.ts';
import { type LogSink, stdoutLog } from '../server/log.ts';
import { bindSignals, surviveErrors } from '../server/process.ts';
import { makeWebhooks } from '../server/server.ts';
import type { ClientAuth } from '../server/tls.ts';
import { readSettings, SERVE_FLAGS, type Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { type CatalogSource, openCatalog, StartError } from './catalogSource.ts';
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
  const { clientCaFile: file, clientAllowedNames: allowedNames } = settings;
  if (file === undefined) return undefined;
  try {
    return { ca: readClientCa(file), allowedNames, file };
  } catch (error) {
    if (error instanceof ClientCaError) throw new StartError([error.message]);
    throw error;
  }
}

async function readPolicy(settings: Settings): Promise<Policy> {
  const loaded = await loadPolicy(settings.policy);
  if (!loaded.ok) throw new StartError(loaded.problems);
  return loaded.policy;
}

/**
 * Starts everything that `serve` is made of, and says how to stop it before anything is open. Rejects with a StartError or
 * ListenError; nothing is left open then.
 */
export async function startServing(
  settings: Settings,
  sink: LogSink,
  opening: (stop: () => Promise<void>) => void = () => {},
): Promise<Running> {
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
  let source: CatalogSource | undefined;
  const stop = async () => {
    await webhooks.stop();
    source?.stop();
  };
  opening(stop);
  try {
    source = await openCatalog(settings, log, webhooks.metrics);
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

/**
 * Keeps V8 from taking reviews for long-lived: it learns where objects are made that stay, which while the catalog is read
 * is everywhere that a review makes its own. With 10,000 entries it then put 2 KB of each review where only a full
 * collection frees them.
 */
function keepReviewsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

async function serve(flags: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  const read = readSettings(flags);
  if (!read.ok) return refuseStart(read.problems);
  keepReviewsYoung();
  const sink = stdoutLog(read.settings.logLevel);
  let stop = async () => {};
  const stopping = bindSignals({ process, sink, level: read.settings.logLevel, stop: () => stop() });
  sink.log.info({ version: VERSION, node: process.version, settings: read.settings }, 'starting');
  try {
    await startServing(read.settings, sink, (open) => {
      stop = open;
    });
  } catch (error) {
    // What a stop has closed cannot start any more; the stop ends the process.
    if (stopping()) return;
    await sink.flush();
    if (error instanceof StartError) return refuseStart(error.problems);
    if (error instanceof ListenError) return refuseStart([error.message]);
    throw error;
  }
  surviveErrors({ process, sink });
}

/** `vmcp-admission serve`. */
export function serveCommand(): Command {
  const command = new Command('serve').description('answer admission reviews over HTTPS');
  for (const { flag, help } of SERVE_FLAGS) command.option(flag, help);
  return command.action((flags: Record<string, string | boolean | undefined>) => serve(flags));
}
