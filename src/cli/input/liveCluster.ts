import { type ClusterClient, connectCluster } from '../../apiClient/connect.ts';
import { saysForbidden } from '../../apiClient/errors.ts';
import type { Catalog, Lookup, MetadataReads } from '../../catalog/catalog.ts';
import { type Collection, resourceOf } from '../../catalog/kubernetes/collections.ts';
import { liveReads } from '../../catalog/kubernetes/liveReads.ts';
import { type FailedList, readSnapshot, type Snapshot } from '../../catalog/kubernetes/snapshot.ts';
import { systemClock } from '../../catalog/kubernetes/timing.ts';
import type { ManifestProblem, StoredObject } from '../../catalog/manifests/manifest.ts';
import { VERSION } from '../../version.ts';
import { CLUSTER, type ClusterOptions } from './clusterOptions.ts';
import { Progress } from './progress.ts';
import { type Refusal, rightsNote } from './rightsNote.ts';

type Reads = Pick<Catalog, 'configMap' | 'secret' | 'labels'>;

/** For one ConfigMap or Secret, in milliseconds. */
const READ_DEADLINE_MS = 10_000;

/** What was read of a live cluster, and reads of what is needed later. */
export interface LiveCluster {
  readonly stored: readonly StoredObject[];
  readonly reads: Reads;
  readonly metadata: MetadataReads;
  readonly problems: readonly ManifestProblem[];
  /** The kinds of which the objects of a namespace could not be read. */
  unread(namespace: string): ReadonlySet<string>;
  /** What the user may not read, for a person; complete when all reads have ended. */
  note(): string;
}

type ReadOne<T> = (namespace: string, name: string, signal: AbortSignal) => Promise<Lookup<T>>;

/** As `read`; what the user may not read is added to the refusals. */
function refusable<T>(read: ReadOne<T>, resource: string, refusals: Refusal[]): ReadOne<T> {
  return async (namespace, name, signal) => {
    const lookup = await read(namespace, name, signal);
    if (lookup.state === 'unavailable' && saysForbidden(lookup.reason))
      refusals.push({ verb: 'get', resource, namespace, message: lookup.reason });
    return lookup;
  };
}

/** As `read`, which is called once for each object. */
function once<T>(read: ReadOne<T>): ReadOne<T> {
  const known = new Map<string, Promise<Lookup<T>>>();
  return (namespace, name, signal) => {
    const key = `${namespace}/${name}`;
    const lookup = known.get(key) ?? read(namespace, name, signal);
    known.set(key, lookup);
    return lookup;
  };
}

function readsOf(
  { api }: ClusterClient,
  secrets: boolean,
  refusals: Refusal[],
): Pick<LiveCluster, 'reads' | 'metadata'> {
  const options = { api, observer: {}, deadlineMs: READ_DEADLINE_MS, secrets, clock: systemClock };
  const { configMap, secret, labels, metadata } = liveReads(options);
  const ofConfigMaps = <T>(read: ReadOne<T>) => refusable(read, 'configmaps', refusals);
  const ofSecrets = <T>(read: ReadOne<T>) => refusable(read, 'secrets', refusals);
  return {
    reads: {
      configMap: once(ofConfigMaps(configMap)),
      labels,
      ...(secret && { secret: once(ofSecrets(secret)) }),
    },
    metadata: {
      configMap: ofConfigMaps(metadata.configMap),
      ...(metadata.secret && { secret: ofSecrets(metadata.secret) }),
    },
  };
}

function problem(message: string): ManifestProblem {
  return { file: CLUSTER, line: undefined, column: undefined, message };
}

/** One problem for all lists that failed for the same reason, with what the API server said of the first. */
function failureProblems(failed: readonly FailedList[]): ManifestProblem[] {
  const byReason = Map.groupBy(failed, ({ error }) => `${error.reason} ${error.status}`);
  return [...byReason.values()].map((lists) => {
    const [first, ...more] = [...new Set(lists.map(({ collection }) => resourceOf(collection)))];
    const others = more.length > 0 ? ` and ${more.length} more resources` : '';
    return problem(`cannot list ${first}${others}: ${lists[0]?.error.message}`);
  });
}

/** Why nothing at all was read; undefined when something was. */
function nothingRead({ complete, forbidden, failed }: Snapshot): ManifestProblem[] {
  if (complete > 0 || failed.length > 0) return [];
  return [
    problem(
      forbidden.length > 0
        ? 'nothing could be read: the user may not list any kind of ToolHive; with rights in some namespaces only, name them with --namespaces'
        : 'the cluster has no kind of ToolHive; is this the right context, and is ToolHive installed?',
    ),
  ];
}

function toRefusal({ collection, namespace, error }: FailedList): Refusal {
  return { verb: 'list', resource: resourceOf(collection), namespace, message: error.message };
}

/** A client of the cluster that the options lead to. Rejects with a ConnectionError when they lead nowhere. */
export function openCluster({ kubeconfig, context }: ClusterOptions): Promise<ClusterClient> {
  return connectCluster({ kubeconfig, context, userAgent: `vmcp-admission/${VERSION}` });
}

export interface ReadOptions {
  readonly collections: readonly Collection[];
  /** Only these namespaces; the whole cluster when it is left out. */
  readonly namespaces: readonly string[] | undefined;
  /** Whether Secrets may be read. */
  readonly secrets: boolean;
  /** How kubectl finds the cluster, for the commands that grant rights. */
  readonly flags: string;
}

/** Lists the collections once. What cannot be read is told, and does not keep the rest from being read. */
export async function readCluster(client: ClusterClient, options: ReadOptions): Promise<LiveCluster> {
  const { collections, namespaces, secrets, flags } = options;
  const progress = new Progress(process.stderr);
  const onPage = (objects: number) => progress.add(objects);
  const snapshot = await readSnapshot({ api: client.api, collections, namespaces, onPage });
  progress.end();
  const { objects, forbidden, failed } = snapshot;
  const refusals = forbidden.map(toRefusal);
  return {
    stored: objects.map((object) => ({ object })),
    ...readsOf(client, secrets, refusals),
    problems: [...failureProblems(failed), ...nothingRead(snapshot)],
    unread: (wanted) =>
      new Set(
        [...forbidden, ...failed]
          .filter(({ namespace }) => namespace === undefined || namespace === wanted)
          .map(({ collection }) => collection.kind),
      ),
    note: () => rightsNote(refusals, flags),
  };
}
