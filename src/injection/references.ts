import type { SecretKeyRef } from '../toolhive/reference.ts';
import { isSubdomain } from './names.ts';

/** A key of a ConfigMap or Secret. Source: `IsConfigMapKey` of apimachinery. */
const DATA_KEY = /^(?!\.{1,2}$)(?!\.\.)[-._a-zA-Z0-9]{1,253}$/;

/** True for a key that a ConfigMap or Secret can have. */
export function isDataKey(key: string): boolean {
  return DATA_KEY.test(key);
}

/** True when a Pod may carry the reference: an unusable one makes the API server refuse the whole Pod. */
export function isUsableRef(ref: SecretKeyRef): boolean {
  return isSubdomain(ref.name) && isDataKey(ref.key);
}
