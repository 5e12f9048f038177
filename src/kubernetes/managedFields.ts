import { fieldsAt, itemsAt, textAt } from './record.ts';

/**
 * When a key of a Secret or ConfigMap was last written. `at` is the API server's time, to the second. When `exact` is false
 * only the creation of the object is known, and the key may have been written since.
 */
export interface WriteTime {
  readonly at: string;
  readonly exact: boolean;
}

const FIELD = 'f:';
/**
 * The maps of a Secret or ConfigMap by which values are written. Who applies `stringData` server-side owns that, although the
 * object has only `data` (seen in Kubernetes 1.34).
 */
const VALUES = ['f:data', 'f:stringData', 'f:binaryData'] as const;

/** The keys of a map that an entry of `managedFields` owns. */
function keysOf(entry: unknown, map: (typeof VALUES)[number]): readonly string[] {
  return Object.keys(fieldsAt(entry, 'fieldsV1', map) ?? {})
    .filter((field) => field.startsWith(FIELD))
    .map((field) => field.slice(FIELD.length));
}

/**
 * When each key of a map was last written. All managers that own a key have set it to the value that it has, so the earliest of
 * them tells. Times are RFC 3339 in UTC with the same precision, so that they order as texts.
 */
function writeTimes(entries: readonly unknown[], map: (typeof VALUES)[number]): ReadonlyMap<string, string> {
  const times = new Map<string, string>();
  for (const entry of entries) {
    const time = textAt(entry, 'time');
    if (time === undefined) continue;
    for (const key of keysOf(entry, map)) {
      const other = times.get(key);
      if (other === undefined || time < other) times.set(key, time);
    }
  }
  return times;
}

/**
 * When a key, or the last of all keys, was written at the latest: the API server changes the time of a manager's entry when
 * it changes any field that the manager owns, so a write of a label may count, too. Undefined for a key that the object does
 * not have.
 * @param object a Secret or ConfigMap, or its metadata alone
 * @param key undefined for all keys
 */
export function writtenAt(object: unknown, key: string | undefined): WriteTime | undefined {
  const entries = itemsAt(object, 'metadata', 'managedFields').map(([, entry]) => entry);
  if (entries.length === 0)
    return { at: textAt(object, 'metadata', 'creationTimestamp') ?? '', exact: false };
  const times = VALUES.flatMap((map) => [...writeTimes(entries, map)]);
  const wanted = times.filter(([name]) => key === undefined || name === key);
  const at = wanted
    .map(([, time]) => time)
    .sort()
    .at(-1);
  return at === undefined ? undefined : { at, exact: true };
}
