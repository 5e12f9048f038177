import type { ApiClient } from '../../apiClient/client.ts';
import { type ApiError, asApiError } from '../../apiClient/errors.ts';
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

/** All objects of a collection, or why they could not be listed; undefined when the cluster has no such kind. Never rejects. */
async function list(
  { api, onPage }: SnapshotOptions,
  collection: Collection,
  namespace: string | undefined,
): Promise<readonly KubernetesObject[] | FailedList | undefined> {
  const objects: KubernetesObject[] = [];
  try {
    for await (const page of listObjects(api, collection, namespace)) {
      for (const object of page) objects.push(object);
      onPage?.(page.length);
    }
    return objects;
  } catch (thrown) {
    const error = asApiError(thrown);
    return error.status === 404 ? undefined : { collection, namespace, error };
  }
}

/**
 * Lists collections once, in pages, and keeps the objects as the API server returned them: what ToolHive's operator cannot
 * decode is among them. A list that fails does not keep the others from being read. Never rejects.
 */
export async function readSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { collections, namespaces = [undefined] } = options;
  const turns = new Turns(LISTS_AT_A_TIME);
  const results = await Promise.all(
    collections.flatMap((collection) =>
      namespaces.map((namespace) => turns.run(() => list(options, collection, namespace))),
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
