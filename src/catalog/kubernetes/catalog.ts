import type { ApiClient } from '../../apiClient/client.ts';
import { type ConnectOptions, connectCluster } from '../../apiClient/connect.ts';
import { Turns } from '../../concurrency/turns.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { TOOLHIVE_KINDS } from '../../toolhive/kinds.ts';
import { type Catalog, type MetadataReads, ReadyGate } from '../catalog.ts';
import { ToolhiveStore } from '../store.ts';
import { Budget, shareOfHeap } from './cache.ts';
import { type Collection, collectionPaths, listObjects } from './collections.ts';
import { liveReads } from './liveReads.ts';
import { type CatalogObserver, type KindStatus, tell } from './observer.ts';
import { sharedLook, watchConnections } from './probes.ts';
import { Reflector } from './reflector.ts';
import { type Clock, REFLECTOR_TIMING, type ReflectorTiming, systemClock } from './timing.ts';

export interface KubernetesCatalogOptions {
  readonly api: ApiClient;
  /** Only these namespaces, for a ServiceAccount without rights in the whole cluster. */
  readonly namespaces?: readonly string[];
  /** Whether Secrets may be read. Their values are looked at and never kept. */
  readonly secrets?: boolean;
  readonly observer?: CatalogObserver;
  readonly clock?: Clock;
  readonly timing?: ReflectorTiming;
  /** For one read of a ConfigMap, a Secret or a live object, in milliseconds. */
  readonly readDeadlineMs?: number;
  /** How much the copy may hold, in bytes of JSON; a part of the heap when it is left out. */
  readonly budgetBytes?: number;
}

/** A catalog that follows a cluster. */
export interface KubernetesCatalog extends Catalog {
  readonly readiness: ReadyGate;
  /** How much the copy may hold, in bytes of JSON. */
  readonly budgetBytes: number;
  /** Begins to follow the cluster. Once. */
  start(): void;
  /** Reads a document of the API server that is not an object, e.g. its signing keys. Rejects with an ApiError. */
  document(path: string): Promise<Buffer>;
  /**
   * Lists a collection now, page by page, in the namespaces of the catalog. Nothing of it is kept. Throws an ApiError.
   */
  list(collection: Collection): AsyncIterable<readonly KubernetesObject[]>;
  readonly metadata: MetadataReads;
  /** One item per kind, and per namespace when namespaces are given. */
  status(): readonly KindStatus[];
  /** Ends all watches, reads and connections. Final. */
  stop(): void;
}

const READ_DEADLINE_MS = 5_000;
/** A document of the API server; its signing keys are a few KiB. */
const MAX_DOCUMENT_BYTES = 1_048_576;
/** Some lists wait for the network while another one is taken in; what is read of them at a time must fit into the heap. */
const LISTS_AT_A_TIME = 4;
/** With hundreds of reflectors the first wait after a failure is longer, so that they do not come back all at once. */
const SPREAD_MS = 10;

/** Follows every ToolHive kind in each scope; the reflectors share what must be bounded for all of them together. */
function makeReflectors(
  options: Required<Pick<KubernetesCatalogOptions, 'api' | 'observer' | 'clock' | 'timing'>>,
  scopes: readonly (string | undefined)[],
  shared: { readonly sink: ToolhiveStore; readonly budget: Budget; readonly signal: AbortSignal },
): readonly Reflector[] {
  const { api, clock, timing: given } = options;
  const first = Math.max(given.backoff.first, scopes.length * TOOLHIVE_KINDS.length * SPREAD_MS);
  const timing = { ...given, backoff: { ...given.backoff, first } };
  const lists = new Turns(LISTS_AT_A_TIME);
  return TOOLHIVE_KINDS.flatMap((kind) => {
    const stillMissing = sharedLook(
      { api, clock, timing, signal: shared.signal },
      collectionPaths(kind, scopes[0]),
    );
    return scopes.map((namespace) => {
      const scope = { kind, namespace };
      return new Reflector({
        ...options,
        ...shared,
        timing,
        lists,
        stillMissing,
        scope,
        paths: collectionPaths(kind, namespace),
      });
    });
  });
}

/** The longest time since the copy of some kind was known to be right; undefined unless all have been listed. */
function greatestAge(now: number, reflectors: readonly Reflector[] = []): number | undefined {
  let oldest: number | undefined;
  for (const reflector of reflectors) {
    const age = reflector.ageMs(now);
    if (age === undefined) return undefined;
    if (oldest === undefined || age > oldest) oldest = age;
  }
  return oldest;
}

/**
 * Follows the ToolHive kinds of a cluster, and reads ConfigMaps (and Secrets, when allowed) on demand. Never fails: until
 * the first complete list it is not ready, afterwards it serves what it knows.
 */
export function kubernetesCatalog(options: KubernetesCatalogOptions): KubernetesCatalog {
  const { api, namespaces, observer = {}, clock = systemClock, timing = REFLECTOR_TIMING } = options;
  const { readDeadlineMs: deadlineMs = READ_DEADLINE_MS } = options;
  const budget = new Budget(options.budgetBytes ?? shareOfHeap());
  const sink = new ToolhiveStore((before, after) => tell(() => observer.changed?.(before, after)));
  const stopped = new AbortController();
  const { signal } = stopped;
  const deps = { api, observer, clock, timing };
  const reflectors = makeReflectors(deps, namespaces ?? [undefined], { sink, budget, signal });
  const byNamespace = Map.groupBy(reflectors, ({ scope }) => scope.namespace);
  const readiness = new ReadyGate();
  void Promise.all(reflectors.map(({ ready }) => ready)).then(() => readiness.open());
  return {
    ...liveReads({ api, observer, deadlineMs, clock, secrets: options.secrets === true }),
    readiness,
    ...(namespaces && { follows: (namespace: string) => byNamespace.has(namespace) }),
    budgetBytes: budget.limit,
    start() {
      for (const reflector of reflectors) reflector.start();
      void watchConnections({ api, clock, timing, signal }, (error) => {
        for (const reflector of reflectors) reflector.reopen(error);
      });
    },
    async *list(collection) {
      for (const namespace of namespaces ?? [undefined]) yield* listObjects(api, collection, namespace);
    },
    document: (path) => api.get(path, { deadlineMs, maxBytes: MAX_DOCUMENT_BYTES }),
    namespace: (name) => sink.namespace(name),
    ageMs: (namespace) => greatestAge(clock.now(), byNamespace.get(namespaces && namespace)),
    status: () => reflectors.map((reflector) => reflector.status()),
    stop() {
      stopped.abort();
      for (const reflector of reflectors) reflector.stop();
      api.close();
    },
  };
}

export interface OpenOptions extends Omit<KubernetesCatalogOptions, 'api'>, ConnectOptions {}

/**
 * Opens the catalog of the cluster that {@link connectCluster} leads to. A server that does not answer is tried again.
 */
export async function openKubernetesCatalog(options: OpenOptions): Promise<KubernetesCatalog> {
  const { kubeconfig, context, userAgent, ...rest } = options;
  const { api } = await connectCluster({ kubeconfig, context, userAgent });
  return kubernetesCatalog({ ...rest, api });
}
