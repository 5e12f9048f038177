import { fieldsAt, isRecord, itemsAt, textAt } from './record.ts';

/**
 * When a key of a Secret or ConfigMap was last written. `at` is the API server's time, to the second. When `exact` is false
 * only the creation of the object is known, and the key may have been written since.
 */
export interface WriteTime {
  readonly at: string;
  readonly exact: boolean;
}

const FIELD = 'f:';
/** The maps of a Secret or ConfigMap that hold its values. */
const VALUES = ['f:data', 'f:binaryData'] as const;

/** The keys that an entry of `managedFields` owns. */
function keysOf(entry: unknown): readonly string[] {
  return VALUES.flatMap((map) => Object.keys(fieldsAt(entry, 'fieldsV1', map) ?? {}))
    .filter((field) => field.startsWith(FIELD))
    .map((field) => field.slice(FIELD.length));
}

/** Both are RFC 3339 in UTC with the same precision, as the API server writes them. */
function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

/**
 * When each key was last written. All managers that own a key have set it to the value that it has, so the earliest of them
 * tells. Undefined when the object has no `managedFields`.
 */
function writeTimes(object: unknown): ReadonlyMap<string, string> | undefined {
  const entries = itemsAt(object, 'metadata', 'managedFields').map(([, entry]) => entry);
  if (entries.length === 0) return undefined;
  const times = new Map<string, string>();
  for (const entry of entries) {
    const time = textAt(entry, 'time');
    if (!isRecord(entry) || time === undefined) continue;
    for (const key of keysOf(entry)) times.set(key, earlier(time, times.get(key) ?? time));
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
  const times = writeTimes(object);
  if (times === undefined) {
    const created = textAt(object, 'metadata', 'creationTimestamp');
    return { at: created ?? '', exact: false };
  }
  const at = key === undefined ? [...times.values()].sort().at(-1) : times.get(key);
  return at === undefined ? undefined : { at, exact: true };
}
