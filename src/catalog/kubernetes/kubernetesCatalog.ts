import { readConfigMap } from '../../kubernetes/configMap.ts';
import type { Read } from '../../kubernetes/read.ts';
import { remember } from '../../remember.ts';
import { TOOLHIVE_KINDS } from '../../toolhive/kinds.ts';
import type { Catalog, SecretFacts } from '../catalog.ts';
import { secretFacts } from '../secretFacts.ts';
import { ToolhiveStore } from '../store.ts';
import type { ApiClient } from './apiClient.ts';
import { type Clock, systemClock } from './clock.ts';
import { readClusterObject } from './clusterObject.ts';
import { ListBudget } from './listBudget.ts';
import { ObjectReader } from './objectReader.ts';
import type { CatalogObserver, KindStatus } from './observer.ts';
import { collectionPaths, corePath } from './paths.ts';
import { ReadyGate } from './readyGate.ts';
import { Reflector } from './reflector.ts';
import { REFLECTOR_TIMING, type ReflectorTiming } from './timing.ts';

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
}

/** A catalog that follows a cluster. */
export interface KubernetesCatalog extends Catalog {
  /** Begins to follow the cluster. Once. */
  start(): void;
  /** Resolves after the first complete list of every kind; pends for ever when the cluster cannot be read. */
  readonly ready: Promise<void>;
  /** True from then on: a copy that has been complete once stays in use when the API server is lost. */
  isReady(): boolean;
  /** One item per kind, and per namespace when namespaces are given. */
  status(): readonly KindStatus[];
  /** Ends all watches, reads and connections. Final. */
  stop(): void;
}

const READ_DEADLINE_MS = 5_000;

function problemOf(read: Read<unknown>): string {
  const first = read.ok ? undefined : read.problems[0];
  return first ? `it is malformed: ${first.field} ${first.message}` : 'it is malformed';
}

function converted<T>(read: Read<T>): { value: T } | { problem: string } {
  return read.ok ? { value: read.value } : { problem: problemOf(read) };
}

/**
 * Follows the six ToolHive kinds of a cluster, and reads ConfigMaps (and Secrets, when allowed) on demand. Never fails:
 * until the first complete list it is not ready, afterwards it serves what it knows.
 */
export function kubernetesCatalog(options: KubernetesCatalogOptions): KubernetesCatalog {
  const { api, namespaces, observer = {}, clock = systemClock, timing = REFLECTOR_TIMING } = options;
  const store = new ToolhiveStore();
  const reader = new ObjectReader({
    api,
    deadlineMs: options.readDeadlineMs ?? READ_DEADLINE_MS,
    observer,
  });
  const scopes: readonly (string | undefined)[] = namespaces ?? [undefined];
  const budget = new ListBudget();
  const reflectors = scopes.flatMap((namespace) =>
    TOOLHIVE_KINDS.map((kind) => {
      const paths = collectionPaths(kind, namespace);
      return new Reflector({ kind, namespace, paths, api, sink: store, clock, timing, observer, budget });
    }),
  );
  const toConfigMap = remember((raw: object) => converted(readConfigMap(raw)));

  const secret: NonNullable<Catalog['secret']> = (namespace, name, signal) =>
    reader.read<SecretFacts>(
      [corePath('secrets', namespace, name)],
      { kind: 'Secret', namespace, name },
      (raw) => ({ value: secretFacts(raw) }),
      signal,
    );

  const readiness = new ReadyGate();
  const ready = Promise.all(reflectors.map((reflector) => reflector.ready)).then(() => readiness.open());

  return {
    readiness,
    start() {
      for (const reflector of reflectors) reflector.start();
    },
    namespace: (name) => store.namespace(name),
    configMap: (namespace, name, signal) =>
      reader.read(
        [corePath('configmaps', namespace, name)],
        { kind: 'ConfigMap', namespace, name },
        (raw) => (typeof raw === 'object' && raw !== null ? toConfigMap(raw) : converted(readConfigMap(raw))),
        signal,
        true,
      ),
    ...(options.secrets ? { secret } : {}),
    live: (kind, namespace, name, signal) =>
      reader.read(
        collectionPaths(kind, namespace).map((path) => `${path}/${encodeURIComponent(name)}`),
        { kind, namespace, name },
        (raw) => converted(readClusterObject(kind, raw)),
        signal,
      ),
    ageMs() {
      let oldest = 0;
      for (const reflector of reflectors) {
        const age = reflector.ageMs();
        if (age === undefined) return undefined;
        if (age > oldest) oldest = age;
      }
      return oldest;
    },
    ready,
    isReady: () => readiness.complete,
    status: () => reflectors.map((reflector) => reflector.status()),
    stop() {
      for (const reflector of reflectors) reflector.stop();
      reader.stop();
      api.close();
    },
  };
}
