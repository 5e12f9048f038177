import type { KubernetesObject } from './manifest.ts';

/** Where kubectl puts an object whose manifest names no namespace, unless told otherwise. */
export const DEFAULT_NAMESPACE = 'default';

/** The manifest as it would be applied: a missing or empty namespace is `default`. Anything malformed stays as it is. */
export function withDefaultNamespace(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return object;
  const { namespace } = metadata as { namespace?: unknown };
  if (namespace !== undefined && namespace !== null && namespace !== '') return object;
  return { ...object, metadata: { ...metadata, namespace: DEFAULT_NAMESPACE } };
}
