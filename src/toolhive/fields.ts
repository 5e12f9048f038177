import { isRecord } from '../kubernetes/record.ts';
import type { StoredKind } from './kinds.ts';
import { KNOWN_FIELDS } from './knownFields.ts';

/** The fields that an object may have. */
export interface Fields {
  /** What may stand below each field; undefined below a field that has no fields. */
  readonly named: ReadonlyMap<string, Fields | undefined>;
  /** True if every other name is allowed too: a map, or what the CRD leaves open. */
  readonly open: boolean;
  /** What may stand below each of the other names; undefined for anything. */
  readonly each: Fields | undefined;
}

/** An object's field that its CRD does not have. */
export interface UnknownField {
  readonly path: readonly (string | number)[];
  /** The fields that are known at this place. */
  readonly known: readonly string[];
}

/** The fields of Kubernetes' ObjectMeta. */
export const METADATA_FIELDS: readonly string[] = [
  ...['annotations', 'creationTimestamp', 'deletionGracePeriodSeconds', 'deletionTimestamp', 'finalizers'],
  ...['generateName', 'generation', 'labels', 'managedFields', 'name', 'namespace', 'ownerReferences'],
  ...['resourceVersion', 'selfLink', 'uid'],
];

/**
 * Reads the notation of knownFields.ts: names between blanks, in braces what may stand below a name, `*` for every other
 * name. A list is written as one of its items.
 */
function parseFields(tokens: Iterator<string>): Fields {
  const named = new Map<string, Fields | undefined>();
  let last = '';
  for (let next = tokens.next(); !next.done && next.value !== '}'; next = tokens.next()) {
    if (next.value === '{') named.set(last, parseFields(tokens));
    else {
      last = next.value;
      named.set(last, undefined);
    }
  }
  const [open, each] = [named.has('*'), named.get('*')];
  named.delete('*');
  return { named, open, each };
}

/** The fields of a whole object of a kind. */
export function fieldsOfKind(kind: StoredKind): Fields {
  const text = `apiVersion kind metadata{${METADATA_FIELDS.join(' ')}} spec{${KNOWN_FIELDS[kind]}} status{*}`;
  return parseFields((text.match(/[{}]|[^\s{}]+/g) ?? []).values());
}

function* unknownBelow(
  value: unknown,
  fields: Fields,
  path: readonly (string | number)[],
): Generator<UnknownField> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unknownBelow(item, fields, [...path, index]);
  } else if (isRecord(value)) {
    for (const [name, child] of Object.entries(value)) {
      const known = fields.named.has(name);
      const below = known ? fields.named.get(name) : fields.each;
      if (!known && !fields.open) yield { path: [...path, name], known: [...fields.named.keys()] };
      else if (below) yield* unknownBelow(child, below, [...path, name]);
    }
  }
}

/** The fields of an untrusted object that are not among the known ones, in the order of the object. */
export function unknownFields(object: unknown, fields: Fields): Generator<UnknownField> {
  return unknownBelow(object, fields, []);
}

/** The path of the field of a name that stands least deep among the known ones, as `spec.transport`. */
export function pathTo(name: string, fields: Fields): string | undefined {
  let level: [path: string, fields: Fields][] = [['', fields]];
  while (level.length > 0) {
    const holder = level.find(([, { named }]) => named.has(name));
    if (holder) return holder[0] + name;
    level = level.flatMap(([path, { named }]) =>
      [...named].flatMap(([key, below]): [string, Fields][] => (below ? [[`${path}${key}.`, below]] : [])),
    );
  }
  return undefined;
}
