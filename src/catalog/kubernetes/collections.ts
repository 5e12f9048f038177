import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError } from '../../apiClient/errors.ts';
import { listPages } from '../../apiClient/list.ts';
import { isKubernetesObject, type KubernetesObject } from '../../kubernetes/object.ts';
import { isRecord } from '../../kubernetes/record.ts';
import {
  OTHER_PLURALS,
  PLURALS,
  TOOLHIVE_GROUP,
  TOOLHIVE_VERSIONS,
  type ToolhiveKind,
} from '../../toolhive/kinds.ts';
import type { ReadKind } from './observer.ts';

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

/** The URL path of a collection: in a namespace, or in the whole cluster. */
function collectionPath(apiVersion: string, plural: string, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}

/** The URL paths of a kind's collection in every served version, the stored one first. */
export function collectionPaths(kind: ToolhiveKind, namespace: string | undefined): readonly string[] {
  return TOOLHIVE_VERSIONS.map((version) =>
    collectionPath(`${TOOLHIVE_GROUP}/${version}`, PLURALS[kind], namespace),
  );
}

/** An object that is read by itself. Both names may be any text. */
export interface ObjectName {
  readonly kind: ReadKind;
  readonly namespace: string;
  readonly name: string;
}

function collectionsOf({ kind, namespace }: ObjectName): readonly string[] {
  if (kind === 'Namespace') return [collectionPath('v1', 'namespaces', undefined)];
  if (kind === 'ConfigMap') return [collectionPath('v1', 'configmaps', namespace)];
  if (kind === 'Secret') return [collectionPath('v1', 'secrets', namespace)];
  return collectionPaths(kind, namespace);
}

/** The URL paths of an object in every served version of its kind, the stored one first. */
export function objectPaths(object: ObjectName): readonly string[] {
  return collectionsOf(object).map((path) => `${path}/${encodeURIComponent(object.name)}`);
}

/** For one page, in milliseconds. */
const PAGE_DEADLINE_MS = 30_000;

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
  const options = { labelSelector, acrossMoments: true };
  for (const [index, apiVersion] of apiVersions.entries()) {
    try {
      const path = collectionPath(apiVersion, plural, namespace);
      for await (const { items } of listPages(api, path, PAGE_DEADLINE_MS, options))
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
