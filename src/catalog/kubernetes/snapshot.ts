import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError } from '../../apiClient/errors.ts';
import { Turns } from '../../concurrency/turns.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { type Collection, listObjects } from './collections.ts';

/** A list that failed. */
export interface FailedList {
  readonly collection: Collection;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  readonly error: ApiError;
}

/** What the API server had at one moment for each list, or since then for one that takes minutes. */
export interface Snapshot {
  /** Raw objects, in the order of the collections, then of the API server. */
  readonly objects: readonly KubernetesObject[];
  /** The lists for which the user lacks the right. */
  readonly forbidden: readonly FailedList[];
  /** The lists that failed otherwise. */
  readonly failed: readonly FailedList[];
  /** How many lists were complete; those of kinds that the cluster does not have do not count. */
  readonly complete: number;
}

export interface SnapshotOptions {
  readonly api: ApiClient;
  readonly collections: readonly Collection[];
  /** Only these namespaces; the whole cluster when it is left out. */
  readonly namespaces?: readonly string[] | undefined;
  /** Called after each page with the number of objects that were kept of it. */
  readonly onPage?: (objects: number) => void;
}

const LISTS_AT_A_TIME = 4;

async function listOnce(
  { api, onPage }: SnapshotOptions,
  collection: Collection,
  namespace: string | undefined,
): Promise<readonly KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  for await (const page of listObjects(api, collection, namespace)) {
    for (const object of page) objects.push(object);
    onPage?.(page.length);
  }
  return objects;
}

/**
 * All objects of a collection; undefined when the cluster has no such kind. One that ends because the API server has forgotten
 * its moment, and does not say how to go on, is listed once more. Rejects with an ApiError.
 */
async function list(...what: Parameters<typeof listOnce>): Promise<readonly KubernetesObject[] | undefined> {
  try {
    return await listOnce(...what).catch((error: unknown) => {
      if (error instanceof ApiError && error.reason === 'expired') return listOnce(...what);
      throw error;
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Lists collections once, in pages, and keeps the objects as the API server returned them: what ToolHive's operator cannot
 * decode is among them. A list that fails does not keep the others from being read. Never rejects.
 */
export async function readSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { collections, namespaces = [undefined] } = options;
  const turns = new Turns(LISTS_AT_A_TIME);
  const lists = collections.flatMap((collection) =>
    namespaces.map((namespace) => ({ collection, namespace })),
  );
  const results = await Promise.all(
    lists.map(({ collection, namespace }) =>
      turns.run(() =>
        list(options, collection, namespace).catch(
          (error): FailedList => ({ collection, namespace, error: asApiError(error) }),
        ),
      ),
    ),
  );
  const failures = results.filter(
    (result): result is FailedList => result !== undefined && 'error' in result,
  );
  const complete = results.filter((result): result is readonly KubernetesObject[] => Array.isArray(result));
  return {
    objects: complete.flat(),
    forbidden: failures.filter(({ error }) => error.status === 403),
    failed: failures.filter(({ error }) => error.status !== 403),
    complete: complete.length,
  };
}
