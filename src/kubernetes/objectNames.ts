import { MAX_NAME } from './bounds.ts';

/** A DNS subdomain (RFC 1123). */
export const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const DATA_KEY = /^(?!\.$|\.\.)[-._a-zA-Z0-9]+$/;

/** True for a name that a ConfigMap or Secret can have. Source: apimachinery's `IsDNS1123Subdomain`. */
export function isObjectName(name: string): boolean {
  return name.length <= MAX_NAME && OBJECT_NAME.test(name);
}

/** True for a name that a namespace, a Service or a volume can have. Source: apimachinery's `IsDNS1123Label`. */
export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name);
}

/** True for a key that a ConfigMap or Secret can have. Source: apimachinery's `IsConfigMapKey`. */
export function isDataKey(key: string): boolean {
  return key.length <= MAX_NAME && DATA_KEY.test(key);
}
