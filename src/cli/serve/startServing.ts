import type { AddressInfo } from 'node:net';
import type { Catalog } from '../../catalog/catalog.ts';
import { DEFAULT_NAMESPACE } from '../../catalog/manifests/namespace.ts';
import { makeReviewers } from '../../review/reviewers.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { CallerTokens } from '../../server/callers/callerTokens.ts';
import type { Log, LogSink } from '../../server/log.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import { makeWebhooks, type Serving } from '../../server/server.ts';
import type { Settings } from '../../settings.ts';
import { VERSION } from '../../version.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { type CatalogSource, openCatalog } from './catalogSource.ts';
import { labelObstacle } from './labelRights.ts';
import { Parts } from './parts.ts';
import { logPolicy, PolicyWatcher } from './policyWatcher.ts';
import { readCallers, readPolicy } from './settingsFiles.ts';
import { StalePodWatch } from './stalePodWatch.ts';
import { together } from './startError.ts';
import { StoredFindings } from './storedFindings.ts';
import { openTracer } from './tracing.ts';

/** Milliseconds between two looks at the policy file. */
const POLICY_POLL = 5_000;

/** The addresses of a webhook that answers reviews. */
export interface Addresses {
  readonly reviews: AddressInfo;
  readonly health: AddressInfo;
}

/** A webhook that answers reviews. */
export interface Running extends Addresses {
  /** Stops in order; resolves when nothing is open any more. */
  stop(): Promise<void>;
}

/** The authenticator by token; undefined without `--client-token-audience`. */
function callerTokens(settings: Settings, { document }: CatalogSource, log: Log): CallerTokens | undefined {
  const { clientTokenAudience: audience, clientTokenSubjects: subjects } = settings;
  if (audience === undefined || document === undefined) return undefined;
  return new CallerTokens({ audience, subjects, read: document, log, now: () => new Date() });
}

/**
 * Follows the policy file, when there is one. A namespace that is reviewed stands for all in the question whether labels can be
 * read.
 */
function watchPolicy(
  { policy: file, toolhiveVersion, namespaces }: Settings,
  deps: { catalog: Catalog; policy: Policy; log: Log; use: (policy: Policy) => void },
): PolicyWatcher | undefined {
  const { catalog, policy, log, use } = deps;
  if (file === undefined) return undefined;
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

type Reviewers = Serving['reviewers'];

/** Reviewers that judge by the policy that was used last. */
function reviewersByLast(make: (policy: Policy) => Reviewers, first: Policy) {
  let current = make(first);
  const reviewers: Reviewers = {
    validate: (request, context) => current.validate(request, context),
    mutate: (request, context) => current.mutate(request, context),
  };
  const use = (policy: Policy) => {
    current = make(policy);
  };
  return { reviewers, use };
}

/** Reads and opens what settings name. Nothing runs yet. Rejects with a StartError that has all problems. */
async function openAll(settings: Settings, log: Log, metrics: Metrics) {
  const stored = settings.storedFindings === 'off' ? undefined : new StoredFindings({ log, metrics });
  const [policy, callers, source] = await together([
    readPolicy(settings),
    readCallers(settings),
    openCatalog(settings, log, metrics, stored?.scan),
  ]);
  const tracer = await openTracer(log, metrics);
  logPolicy(policy, log);
  const catalog = tracer ? tracer.catalog(source.catalog) : source.catalog;
  return { policy, callers, source, stored, tracer, catalog };
}

/**
 * Makes the parts of a webhook, in the order in which they start and stop. The ports are first: probes and the API server find
 * them open before the first lists of the catalog keep the event loop busy, and reviews that are under way at the end still
 * find everything else at work. The catalog is last, since all others read it.
 * @param onListening is called when both ports are open
 */
async function makeParts(settings: Settings, log: Log, onListening: (addresses: Addresses) => void) {
  const webhooks = makeWebhooks({
    version: VERSION,
    certFolder: settings.certDir,
    reviews: { host: settings.host, port: settings.port },
    health: { host: settings.host, port: settings.healthPort },
    log,
    now: () => new Date(),
    drain: settings.shutdownDelay,
  });
  const { metrics } = webhooks;
  const { policy, callers, source, stored, tracer, catalog } = await openAll(settings, log, metrics);
  const { unknownGroup, unusableConfig, failingConfig } = settings;
  const injection = { unknownGroup, unusableConfig, failingConfig };
  const { list, metadata } = source;
  const stalePods =
    settings.watchPods && list && metadata
      ? new StalePodWatch({ log, metrics, catalog, list, metadata, settings: injection })
      : undefined;
  const { reviewers, use } = reviewersByLast(
    (by) => makeReviewers({ catalog, policy: by, settings: injection }, stalePods?.running),
    policy,
  );
  let latest = policy;
  const useEverywhere = (changed: Policy) => {
    latest = changed;
    use(changed);
    stored?.scan.use(changed);
    stalePods?.use(changed);
  };
  const watcher = watchPolicy(settings, { catalog, policy, log, use: useEverywhere });
  watcher?.addGauges(metrics.meter);
  const tokens = callerTokens(settings, source, log);
  const serving: Serving = {
    reviewers,
    clientCa: callers.clientCa,
    trace: tracer?.trace,
    findings: settings.storedFindings === 'serve' ? stored?.report : undefined,
    authenticators: [...callers.authenticators, ...(tokens ? [tokens.authenticate] : [])],
    checks: [source.check, watcher?.check, tokens?.check].filter((check) => check !== undefined),
  };
  return new Parts([
    { start: async () => onListening(await webhooks.start(serving)), stop: () => webhooks.stop() },
    tracer,
    tokens,
    watcher,
    stored && { start: () => void stored.start(catalog, latest), stop: () => stored.stop() },
    stalePods && { start: () => void stalePods.start(latest), stop: () => stalePods.stop() },
    source,
  ]);
}

/**
 * Starts everything that `serve` consists of. Before anything runs, `opening` receives the function that stops it.
 * Rejects with a StartError or ListenError; nothing is left open then.
 */
export async function startServing(
  settings: Settings,
  { log }: LogSink,
  opening: (stop: () => Promise<void>) => void = () => {},
): Promise<Running> {
  const listening = Promise.withResolvers<Addresses>();
  const parts = await makeParts(settings, log, listening.resolve);
  opening(parts.stop);
  await parts.start();
  return { ...(await listening.promise), stop: parts.stop };
}
