/** A field inside a list item. */
export interface ItemField {
  /** The path as the API server writes it: `spec.list[0].name`. */
  readonly shown: string;
  /** The path with the item's own key for its position, since a position changes when another item is removed. */
  readonly stable: string;
}

/** A path as the API server writes it, or one through a list item. */
export type FieldPath = string | ItemField;

/** The item of a list at a position; `key` is what the item is called: a header name, the name of a backend. */
export function listItem(list: string, index: number, key: string): ItemField {
  return { shown: `${list}[${index}]`, stable: `${list}[${JSON.stringify(key)}]` };
}

/**
 * The value of a map under a key.
 * @param shown the key, or its position when the key must not be shown
 */
export function mapValue(map: string, key: string, shown: string): ItemField {
  return { shown: `${map}[${shown}]`, stable: `${map}[${key}]` };
}

/** The path of a field below another one. */
export function child(path: FieldPath, name: string): FieldPath {
  return typeof path === 'string'
    ? `${path}.${name}`
    : { shown: `${path.shown}.${name}`, stable: `${path.stable}.${name}` };
}

/** The path as people read it. */
export function shownPath(path: FieldPath): string {
  return typeof path === 'string' ? path : path.shown;
}

/** The path by which an update is compared. */
export function stablePath(path: FieldPath): string {
  return typeof path === 'string' ? path : path.stable;
}

/** A path through list items whose positions are not part of what an update is compared by. */
export function withoutPositions(shown: string): FieldPath {
  return shown.includes('[') ? { shown, stable: shown.replace(/\[\d+\]/g, '[]') } : shown;
}
