import type { KubernetesObject } from '../../kubernetes/object.ts';
import { fieldsAt } from '../../kubernetes/record.ts';

/** Where kubectl puts an object whose manifest names no namespace, unless told otherwise. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * The manifest as it would be applied: one without a namespace is in the given one. Anything malformed stays as it is.
 */
export function withDefaultNamespace(
  object: KubernetesObject,
  namespace: string = DEFAULT_NAMESPACE,
): KubernetesObject {
  const metadata = fieldsAt(object, 'metadata');
  if (metadata === undefined || (metadata.namespace ?? '') !== '') return object;
  return { ...object, metadata: { ...metadata, namespace } };
}
