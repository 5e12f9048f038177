import type { Lookup } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { type CaBundleRef, caBundleKey, DEFAULT_CA_KEY } from '../../toolhive/serverEntry.ts';
import { caBundleOf } from '../../x509/caBundle.ts';
import type { CaMount } from '../discovery/backend.ts';
import type { LeaveReason } from '../report/reasons.ts';

/** A key that can be a file name as it is, and can stand in the vMCP's config, which refuses `..` anywhere. */
const SAFE_FILE = /^[A-Za-z0-9][-._A-Za-z0-9]*$/;

/** Where an entry's CA bundle is mounted from. */
export function caMount(ref: CaBundleRef): CaMount {
  const key = caBundleKey(ref);
  const safe = SAFE_FILE.test(key) && !key.includes('..');
  return { configMap: ref.name, key, file: safe ? key : DEFAULT_CA_KEY };
}

export type CaState =
  | { readonly state: 'usable' }
  | { readonly state: 'unverified'; readonly message: string }
  | { readonly state: 'unusable'; readonly reason: LeaveReason; readonly message: string };

/**
 * Whether an entry can be served with its CA bundle: ToolHive drops the backend without a word when the ConfigMap or
 * its key in `data` is missing, and the vMCP fails each call when no certificate can be read.
 */
export function caState(ref: CaBundleRef, lookup: Lookup<ConfigMap> | undefined): CaState {
  const key = caBundleKey(ref);
  const unusable = (reason: LeaveReason, message: string): CaState => ({
    state: 'unusable',
    reason,
    message,
  });
  if (!isObjectName(ref.name))
    return unusable('ca-config-map-missing', 'caBundleRef names no ConfigMap; set configMapRef.name');
  if (lookup === undefined || lookup.state === 'unavailable')
    return {
      state: 'unverified',
      message: `ConfigMap "${ref.name}" could not be read (${lookup?.reason ?? 'not looked up'}); it is mounted without verification`,
    };
  if (lookup.state === 'missing')
    return unusable(
      'ca-config-map-missing',
      `ConfigMap "${ref.name}" with the CA bundle does not exist; create it`,
    );
  const bundle = caBundleOf(lookup.value, key);
  if (bundle === undefined)
    return unusable(
      'ca-key-missing',
      lookup.value.binaryKeys.includes(key)
        ? `ConfigMap "${ref.name}" has key "${key}" only in binaryData, where ToolHive does not look; move it to data`
        : `ConfigMap "${ref.name}" has no key "${key}"; add it or correct configMapRef.key`,
    );
  if (bundle.certificates.length === 0)
    return unusable(
      'ca-not-pem',
      `key "${key}" of ConfigMap "${ref.name}" holds no PEM certificate that can be read`,
    );
  return { state: 'usable' };
}
