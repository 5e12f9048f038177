import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import type { Catalog } from '../../catalog/catalog.ts';
import { DEFAULT_NAMESPACE } from '../../catalog/manifests/namespace.ts';
import { makeReviewers } from '../../review/reviewers.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { policyDocument } from '../../rules/policy/policyFile.ts';
import { byCertificate } from '../../server/callers/authenticate.ts';
import { CallerTokens } from '../../server/callers/callerTokens.ts';
import { ClientCaError, readClientCa } from '../../server/callers/clientCa.ts';
import { ListenError } from '../../server/listen.ts';
import { type Log, type LogSink, stdoutLog } from '../../server/log.ts';
import { addPolicyGauges } from '../../server/metrics/policyMetrics.ts';
import { makeWebhooks, type Serving } from '../../server/server.ts';
import { bindSignals } from '../../server/signals.ts';
import { readSettings, SERVE_FLAGS, type Settings } from '../../settings.ts';
import { VERSION } from '../../version.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { type CatalogSource, openCatalog, StartError } from './catalogSource.ts';
import { labelObstacle } from './labelRights.ts';
import { PolicyWatcher } from './policyWatcher.ts';
import { StalePodWatch } from './stalePodWatch.ts';
import { StoredFindings } from './storedFindings.ts';
import { type OpenTracer, openTracer } from './tracing.ts';

/** Exit code for settings that cannot be used, as for a wrong command line. */
const USAGE = 2;

/** Milliseconds between two looks at the policy file. */
const POLICY_POLL = 5_000;

/** A webhook that answers reviews. */
export interface Running {
  readonly reviews: AddressInfo;
  readonly health: AddressInfo;
  /** Stops in order; resolves when nothing is open any more. */
  stop(): Promise<void>;
}

/** Who may call: callers with a certificate of `--client-ca-file`, when there is one. */
async function readCallers(
  settings: Partial<Settings>,
): Promise<Pick<Serving, 'clientCa' | 'authenticators'>> {
  const { clientCaFile: file, clientAllowedNames = [] } = settings;
  if (file === undefined) return { clientCa: undefined, authenticators: [] };
  try {
    const authenticators = clientAllowedNames.length > 0 ? [byCertificate(clientAllowedNames)] : [];
    return { clientCa: { ca: readClientCa(file), file }, authenticators };
  } catch (error) {
    if (error instanceof ClientCaError) throw new StartError([error.message]);
    throw error;
  }
}

/** The authenticator by token; undefined without `--client-token-audience`. */
function callerTokens(settings: Settings, { document }: CatalogSource, log: Log): CallerTokens | undefined {
  const { clientTokenAudience: audience, clientTokenSubjects: subjects } = settings;
  if (audience === undefined || document === undefined) return undefined;
  return new CallerTokens({ audience, subjects, read: document, log, now: () => new Date() });
}

async function readPolicy(settings: Partial<Settings>): Promise<Policy> {
  const loaded = await loadPolicy(settings.policy, settings.toolhiveVersion);
  if (!loaded.ok) throw new StartError(loaded.problems);
  return loaded.policy;
}

/** Rejects with one StartError that has the problems of all that failed; with another error when there is one. */
async function together<const T extends readonly Promise<unknown>[]>(steps: T) {
  const settled = await Promise.allSettled(steps);
  const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const other = errors.find((error) => !(error instanceof StartError));
  if (other !== undefined) throw other;
  if (errors.length > 0) throw new StartError(errors.flatMap((error) => (error as StartError).problems));
  return Promise.all(steps);
}

/** The problems for which a start was refused. Throws any other error. */
function startProblems(error: unknown): readonly string[] {
  if (error instanceof StartError) return error.problems;
  if (error instanceof ListenError) return [error.message];
  throw error;
}

/** The problems of the files that settings name. */
function fileProblems(settings: Partial<Settings>): Promise<readonly string[]> {
  return together([readPolicy(settings), readCallers(settings)]).then(() => [], startProblems);
}

/** Follows the policy file. A namespace that is reviewed stands for all in the question whether labels can be read. */
function watchPolicy(
  file: string,
  { toolhiveVersion, namespaces }: Settings,
  deps: { catalog: Catalog; policy: Policy; log: Log; use: (policy: Policy) => void },
): PolicyWatcher {
  const { catalog, policy, log, use } = deps;
  return new PolicyWatcher(
    {
      file,
      load: () => loadPolicy(file, toolhiveVersion),
      obstacle: (wanted) => labelObstacle(wanted, catalog, namespaces[0] ?? DEFAULT_NAMESPACE),
      log,
      use,
      now: () => new Date(),
      poll: POLICY_POLL,
    },
    policy,
  );
}

/**
 * Starts everything that `serve` consists of. Before anything is open, `opening` receives the function that stops it.
 * Rejects with a StartError or ListenError; nothing is left open then.
 */
export async function startServing(
  settings: Settings,
  sink: LogSink,
  opening: (stop: () => Promise<void>) => void = () => {},
): Promise<Running> {
  const { log } = sink;
  const webhooks = makeWebhooks({
    version: VERSION,
    certFolder: settings.certDir,
    reviews: { host: settings.host, port: settings.port },
    health: { host: settings.host, port: settings.healthPort },
    log,
    now: () => new Date(),
    drain: settings.shutdownDelay,
  });
  let source: CatalogSource | undefined;
  let tokens: CallerTokens | undefined;
  let watcher: PolicyWatcher | undefined;
  let stalePods: StalePodWatch | undefined;
  const stored =
    settings.storedFindings === 'off' ? undefined : new StoredFindings({ log, metrics: webhooks.metrics });
  let tracer: OpenTracer | undefined;
  const stop = async () => {
    await webhooks.stop();
    await tracer?.stop();
    tokens?.stop();
    watcher?.stop();
    stored?.stop();
    stalePods?.stop();
    source?.stop();
  };
  opening(stop);
  try {
    const [policy, callers, opened] = await together([
      readPolicy(settings),
      readCallers(settings),
      openCatalog(settings, log, webhooks.metrics, stored?.scan),
    ]);
    source = opened;
    tracer = await openTracer(log, webhooks.metrics);
    log.info({ policy: policyDocument(policy) }, 'policy in effect');
    const { check } = source;
    const catalog = tracer ? tracer.catalog(source.catalog) : source.catalog;
    const { unknownGroup, unusableConfig, failingConfig } = settings;
    const injection = { unknownGroup, unusableConfig, failingConfig };
    if (settings.watchPods && source.list)
      stalePods = new StalePodWatch({
        log,
        metrics: webhooks.metrics,
        catalog,
        list: source.list,
        settings: injection,
      });
    const reviewersBy = (by: Policy) =>
      makeReviewers({ catalog, policy: by, settings: injection }, stalePods?.running);
    let current = reviewersBy(policy);
    const reviewers: typeof current = {
      validate: (request, context) => current.validate(request, context),
      mutate: (request, context) => current.mutate(request, context),
    };
    const use = (changed: Policy) => {
      current = reviewersBy(changed);
      stored?.scan.use(changed);
      stalePods?.use(changed);
    };
    if (settings.policy !== undefined) {
      watcher = watchPolicy(settings.policy, settings, { catalog, policy, log, use });
      addPolicyGauges(webhooks.metrics.registry, watcher.state);
    }
    tokens = callerTokens(settings, source, log);
    const addresses = await webhooks.start({
      reviewers,
      clientCa: callers.clientCa,
      trace: tracer?.trace,
      findings: settings.storedFindings === 'serve' ? stored?.report : undefined,
      authenticators: [...callers.authenticators, ...(tokens ? [tokens.authenticate] : [])],
      checks: [
        check,
        ...(watcher ? [watcher.check] : []),
        ...(tokens ? [{ name: 'caller-tokens', problem: tokens.notReady }] : []),
      ],
    });
    tokens?.start();
    watcher?.start();
    void stored?.start(catalog, policy);
    // The first lists keep the event loop busy; probes and the API server find an open port before that.
    source.start();
    void stalePods?.start(policy);
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

/**
 * Keeps V8 from optimising WebAssembly, which here is the parser of undici, the client of the API server: that takes 10 to 20
 * MiB and saves no time that could be measured.
 */
function keepParserSmall(): void {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

async function serve(flags: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  const read = readSettings(flags);
  if (!read.ok) {
    return refuseStart([...read.problems, ...(await fileProblems(read.usable))]);
  }
  keepReviewsYoung();
  keepParserSmall();
  const sink = stdoutLog(read.settings.logLevel);
  let stop = async () => {};
  const stopping = bindSignals({ process, sink, level: read.settings.logLevel, stop: () => stop() });
  sink.log.info({ version: VERSION, node: process.version, settings: read.settings }, 'starting');
  try {
    await startServing(read.settings, sink, (open) => {
      stop = open;
    });
  } catch (error) {
    // A stop during the start closes what the start needs; it ends the process itself.
    if (stopping()) return;
    await sink.flush();
    refuseStart(startProblems(error));
  }
}

/** `vmcp-admission serve`. */
export function serveCommand(): Command {
  const command = new Command('serve').description('answer admission reviews over HTTPS');
  for (const { flag, help } of SERVE_FLAGS) command.option(flag, help);
  return command.action((flags: Record<string, string | boolean | undefined>) => serve(flags));
}
