import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError } from '../../apiClient/errors.ts';
import { listPages } from '../../apiClient/list.ts';
import { isKubernetesObject, type KubernetesObject } from '../../kubernetes/object.ts';
import { isRecord } from '../../kubernetes/record.ts';
import { Slots } from '../../slots.ts';
import { OTHER_PLURALS, PLURALS, TOOLHIVE_GROUP, TOOLHIVE_VERSIONS } from '../../toolhive/kinds.ts';

/** What is listed: the objects of a kind, or those of them with some label. */
export interface Collection {
  readonly kind: string;
  readonly plural: string;
  /** The versions in which the kind may be served, the one to try first in front. */
  readonly apiVersions: readonly string[];
  readonly labelSelector?: string;
  /** Whether an object is kept; every object is when this is left out. */
  readonly keep?: (object: KubernetesObject) => boolean;
}

/** All kinds of ToolHive. */
export const TOOLHIVE_COLLECTIONS: readonly Collection[] = Object.entries({
  ...PLURALS,
  ...OTHER_PLURALS,
}).map(([kind, plural]) => ({
  kind,
  plural,
  apiVersions: TOOLHIVE_VERSIONS.map((version) => `${TOOLHIVE_GROUP}/${version}`),
}));

/** The name by which RBAC and kubectl know a collection: `mcpservers.toolhive.stacklok.dev`, `pods`. */
export function resourceOf({ plural, apiVersions }: Collection): string {
  const [group = '', version] = (apiVersions[0] ?? '').split('/');
  return version === undefined ? plural : `${plural}.${group}`;
}

/** A list that failed. */
export interface FailedList {
  readonly collection: Collection;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  readonly error: ApiError;
}

/** What the API server had at one moment for each list. */
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

/** For one page, in milliseconds. */
const PAGE_DEADLINE_MS = 30_000;
const LISTS_AT_A_TIME = 4;

function collectionPath(apiVersion: string, plural: string, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}

/** An item with the type that the API server leaves out in lists of its own kinds. */
function typed(item: unknown, apiVersion: string, kind: string): KubernetesObject | undefined {
  const object = isRecord(item) ? { apiVersion, kind, ...item } : undefined;
  return isKubernetesObject(object) ? object : undefined;
}

/**
 * The objects of a collection, page by page, in the first version that is served. Throws an ApiError, with status 404 when the
 * cluster has no such kind.
 */
export async function* listObjects(
  api: ApiClient,
  { kind, plural, apiVersions, labelSelector, keep }: Collection,
  namespace: string | undefined,
): AsyncGenerator<readonly KubernetesObject[], void> {
  for (const [index, apiVersion] of apiVersions.entries()) {
    try {
      const path = collectionPath(apiVersion, plural, namespace);
      for await (const { items } of listPages(api, path, PAGE_DEADLINE_MS, labelSelector))
        yield items
          .map((item) => typed(item, apiVersion, kind))
          .filter((object) => object !== undefined && (keep?.(object) ?? true)) as KubernetesObject[];
      return;
    } catch (error) {
      const missing = error instanceof ApiError && error.status === 404;
      if (!missing || index === apiVersions.length - 1) throw error;
    }
  }
}

/** All objects of a collection; undefined when the cluster has no such kind. Rejects with an ApiError. */
async function list(
  { api, onPage }: SnapshotOptions,
  collection: Collection,
  namespace: string | undefined,
): Promise<readonly KubernetesObject[] | undefined> {
  const objects: KubernetesObject[] = [];
  try {
    for await (const page of listObjects(api, collection, namespace)) {
      for (const object of page) objects.push(object);
      onPage?.(page.length);
    }
    return objects;
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
  const slots = new Slots(LISTS_AT_A_TIME);
  const lists = collections.flatMap((collection) =>
    namespaces.map((namespace) => ({ collection, namespace })),
  );
  const results = await Promise.all(
    lists.map(({ collection, namespace }) =>
      slots.run(() =>
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
