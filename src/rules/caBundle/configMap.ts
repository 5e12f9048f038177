import type { Lookup } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { type CaBundleRef, caBundleKey } from '../../toolhive/models/caBundleRef.ts';
import { caBundleOf } from '../../x509/caBundle.ts';
import { invalid, notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { warn } from '../rule.ts';
import { checkContent } from './content.ts';
import { KEY, NAME } from './fields.ts';

export const caConfigMapRules = {
  'ca-bundle-not-found': warn('The ConfigMap of a CA bundle must exist.', 'MCPServerEntry'),
  'ca-bundle-unread': warn('The ConfigMap of a CA bundle must be readable.', 'MCPServerEntry'),
  'ca-bundle-key-not-found': warn(
    'The ConfigMap of a CA bundle must have the key, in data.',
    'MCPServerEntry',
  ),
};

const MAX_NAMED = 5;

/** `it has "a", "b" and more`. */
function keysOf({ data }: ConfigMap): string {
  const keys = Object.keys(data);
  if (keys.length === 0) return 'its data is empty';
  const named = keys.slice(0, MAX_NAMED).map((name) => `"${name}"`);
  return `it has ${named.join(', ')}${keys.length > MAX_NAMED ? ' and more' : ''}`;
}

function keyMissing(ref: CaBundleRef, key: string, map: ConfigMap): Finding {
  return notFound({
    rule: 'ca-bundle-key-not-found',
    field: KEY,
    value: key,
    detail: map.binaryKeys.includes(key)
      ? `key "${key}" of ConfigMap "${ref.name}" is in binaryData, where ToolHive does not look; move it to data. This entry will not be served`
      : `ConfigMap "${ref.name}" has no key "${key}" (${keysOf(map)}); this entry will not be served`,
  });
}

/** The ConfigMap of a CA bundle. ToolHive only checks that it exists, and drops the backend silently for the rest. */
export function checkConfigMap(ref: CaBundleRef, lookup: Lookup<ConfigMap>, now: Date): readonly Finding[] {
  const said = { field: NAME, value: ref.name };
  if (lookup.state === 'missing')
    return [
      notFound({
        ...said,
        rule: 'ca-bundle-not-found',
        detail: `ConfigMap "${ref.name}" does not exist yet; this entry is not served until it does`,
      }),
    ];
  if (lookup.state === 'unavailable')
    return [
      invalid({
        ...said,
        rule: 'ca-bundle-unread',
        detail: `ConfigMap "${ref.name}" could not be read (${lookup.reason}), so its content was not checked`,
      }),
    ];
  const key = caBundleKey(ref);
  const content = caBundleOf(lookup.value, key);
  return content === undefined
    ? [keyMissing(ref, key, lookup.value)]
    : checkContent(content, now, `ConfigMap "${ref.name}", key "${key}"`);
}
