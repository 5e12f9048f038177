import { type ClusterClient, connectCluster } from '../../apiClient/connect.ts';
import { saysForbidden } from '../../apiClient/errors.ts';
import type { Catalog, Lookup, MetadataReads, ReadMetadata } from '../../catalog/catalog.ts';
import { type Collection, resourceOf } from '../../catalog/kubernetes/collections.ts';
import { LiveReader } from '../../catalog/kubernetes/liveReader.ts';
import { liveReads, metadataReads } from '../../catalog/kubernetes/liveReads.ts';
import { NamespaceLabels } from '../../catalog/kubernetes/namespaceLabels.ts';
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

function noteRefusal(
  lookup: Lookup<unknown>,
  resource: string,
  namespace: string,
  refusals: Refusal[],
): void {
  if (lookup.state === 'unavailable' && saysForbidden(lookup.reason))
    refusals.push({ verb: 'get', resource, namespace, message: lookup.reason });
}

/** A read that is sent once for each object; what the user may not read is added to the refusals. */
function once<T>(
  read: (namespace: string, name: string, signal: AbortSignal) => Promise<Lookup<T>>,
  resource: string,
  refusals: Refusal[],
) {
  const known = new Map<string, Promise<Lookup<T>>>();
  const fetched = async (namespace: string, name: string, signal: AbortSignal) => {
    const lookup = await read(namespace, name, signal);
    noteRefusal(lookup, resource, namespace, refusals);
    return lookup;
  };
  return (namespace: string, name: string, signal: AbortSignal): Promise<Lookup<T>> => {
    const key = `${namespace}/${name}`;
    const lookup = known.get(key) ?? fetched(namespace, name, signal);
    known.set(key, lookup);
    return lookup;
  };
}

function readsOf({ api }: ClusterClient, secrets: boolean, refusals: Refusal[]): Reads {
  const reader = new LiveReader({ api, observer: {}, deadlineMs: READ_DEADLINE_MS });
  const { configMap, secret } = liveReads(reader, secrets);
  const labels = new NamespaceLabels(reader, systemClock);
  return {
    configMap: once(configMap, 'configmaps', refusals),
    labels: (namespace, signal) => labels.read(namespace, signal),
    ...(secret && { secret: once(secret, 'secrets', refusals) }),
  };
}

/** As `read`; what the user may not read is added to the refusals. */
function refusable(read: ReadMetadata, resource: string, refusals: Refusal[]): ReadMetadata {
  return async (namespace, name, signal) => {
    const lookup = await read(namespace, name, signal);
    noteRefusal(lookup, resource, namespace, refusals);
    return lookup;
  };
}

function metadataOf({ api }: ClusterClient, secrets: boolean, refusals: Refusal[]): MetadataReads {
  const reader = new LiveReader({ api, observer: {}, deadlineMs: READ_DEADLINE_MS, metadataOnly: true });
  const { configMap, secret } = metadataReads(reader, secrets);
  return {
    configMap: refusable(configMap, 'configmaps', refusals),
    ...(secret && { secret: refusable(secret, 'secrets', refusals) }),
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
    reads: readsOf(client, secrets, refusals),
    metadata: metadataOf(client, secrets, refusals),
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
