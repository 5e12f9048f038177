import { isDataKey, isObjectName } from '../../kubernetes/objectNames.ts';
import type { SecretKeyRef } from '../../kubernetes/reference.ts';

/** True when a Pod may carry the reference: an unusable one makes the API server refuse the whole Pod. */
export function isUsableRef(ref: SecretKeyRef): boolean {
  return isObjectName(ref.name) && isDataKey(ref.key);
}
