import { isRecord, textAt } from './record.ts';

/** A JSON object with an apiVersion and a kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** True for a value with an apiVersion and a kind. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  return isRecord(value) && textAt(value, 'apiVersion') !== undefined && textAt(value, 'kind') !== undefined;
}

/** `metadata.namespace`; empty when the object has none. */
export function namespaceOf(object: unknown): string {
  return textAt(object, 'metadata', 'namespace') ?? '';
}

/** `metadata.name`; empty when the object has none. */
export function nameOf(object: unknown): string {
  return textAt(object, 'metadata', 'name') ?? '';
}

/** What two texts of the same object have in common: API group, kind, namespace and name, in any served version. */
export function objectKey(object: KubernetesObject): string {
  const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/', 1) : [];
  return [group, object.kind, namespaceOf(object), nameOf(object)].join('/');
}
