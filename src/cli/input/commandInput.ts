import { ConnectionError } from '../../apiClient/errors.ts';
import { type Catalog, type MetadataReads, NamespaceNotRead } from '../../catalog/catalog.ts';
import type { Collection } from '../../catalog/kubernetes/collections.ts';
import type {
  InputObject,
  ManifestDocument,
  ManifestInput,
  ManifestProblem,
} from '../../catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../catalog/manifests/manifestCatalog.ts';
import { withDefaultNamespace } from '../../catalog/manifests/namespace.ts';
import { type KubernetesObject, namespaceOf } from '../../kubernetes/object.ts';
import { overlay } from '../../offline/overlay.ts';
import { fail } from '../shared/stdio.ts';
import { adminsFlags, CLUSTER, type ClusterOptions } from './clusterOptions.ts';
import type { LiveCluster } from './liveCluster.ts';
import type { ManifestOptions } from './manifestInput.ts';
import { passedOverNote } from './passedOver.ts';

/** What a command works on, and all that it may look up. */
export interface CommandInput {
  /** What a problem with the input as a whole is about. */
  readonly name: string;
  readonly documents: readonly InputObject[];
  readonly catalog: Catalog;
  readonly problems: readonly ManifestProblem[];
  /** The stored object that an object of a file would replace; absent without a cluster. */
  readonly replaced?: (object: KubernetesObject) => KubernetesObject | undefined;
  /** The kinds of which the objects of a namespace could not be read. */
  readonly unread: (namespace: string) => ReadonlySet<string>;
  /** Reads the metadata of what the cluster has; absent without one. */
  readonly metadata?: MetadataReads;
  /** What was not judged for a reason that is not a problem. */
  readonly note: () => string;
}

export interface InputRequest {
  readonly names: readonly string[];
  readonly options: ManifestOptions & ClusterOptions;
  /** Reads the files. */
  readonly read: (names: readonly string[]) => Promise<ManifestInput>;
  /** What is listed in a cluster. */
  readonly collections: readonly Collection[];
}

const NONE: ReadonlySet<string> = new Set();

/** Files that are the whole cluster. */
async function fromFiles({ names, options, read }: InputRequest): Promise<CommandInput> {
  const { documents, problems, passedOver } = await read(names);
  return {
    name: names[0] ?? '',
    documents,
    catalog: manifestCatalog(documents, { secrets: options.secrets === true }),
    problems,
    unread: () => NONE,
    note: () => passedOverNote(passedOver),
  };
}

/** Lists what a cluster has stored; undefined stands for all namespaces. */
type ReadStored = (namespaces: readonly string[] | undefined) => Promise<LiveCluster>;

/** All that a cluster has stored. */
async function fromCluster({ options }: InputRequest, readStored: ReadStored): Promise<CommandInput> {
  const { stored, reads, metadata, problems, unread, note } = await readStored(options.namespaces);
  const catalog = manifestCatalog(stored, { secrets: options.secrets === true, beyond: reads });
  return { name: CLUSTER, documents: stored, catalog, problems, unread, metadata, note };
}

/** Files over the objects of a cluster. Only the namespaces of the files are read. */
async function fromBoth(
  { names, options, read }: InputRequest,
  readStored: ReadStored,
  contextNamespace: string | undefined,
): Promise<CommandInput> {
  const input = await read(names);
  const documents = input.documents.map(
    (document): ManifestDocument => ({
      ...document,
      object: withDefaultNamespace(document.object, contextNamespace),
    }),
  );
  const namespaces = [...new Set(documents.map(({ object }) => namespaceOf(object)))].filter(Boolean);
  const live = await readStored(namespaces);
  const { objects, replaced } = overlay(documents, live.stored);
  return {
    name: names[0] ?? '',
    documents,
    catalog: manifestCatalog(objects, { secrets: options.secrets === true, beyond: live.reads }),
    problems: [...input.problems, ...live.problems],
    replaced,
    unread: live.unread,
    note: () => passedOverNote(input.passedOver) + live.note(),
  };
}

/**
 * Reads what a command works on, and passes it on to the command; the connections to a cluster are open until that ends.
 * Rejects with a ConnectionError when nothing says where the cluster is.
 */
export async function withInput<T>(
  request: InputRequest,
  use: (input: CommandInput) => Promise<T>,
): Promise<T> {
  const { options, names, collections } = request;
  if (!options.cluster) return use(await fromFiles(request));
  // Loaded only here: files need no HTTP client.
  const { openCluster, readCluster } = await import('./liveCluster.ts');
  const client = await openCluster(options);
  const secrets = options.secrets === true;
  const readStored: ReadStored = (namespaces) =>
    readCluster(client, { collections, namespaces, secrets, flags: adminsFlags(options) });
  try {
    return await use(
      await (names.length > 0
        ? fromBoth(request, readStored, client.namespace)
        : fromCluster(request, readStored)),
    );
  } finally {
    client.api.close();
  }
}

/** As {@link withInput}, for a command: says why the cluster, or what decides about the policy in it, cannot be read. */
export async function runOnInput(
  request: InputRequest,
  use: (input: CommandInput) => Promise<number>,
): Promise<number> {
  try {
    return await withInput(request, use);
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof NamespaceNotRead) return fail([error.message]);
    throw error;
  }
}
