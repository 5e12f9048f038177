import { isRecord } from '../../kubernetes/record.ts';
import type { KubernetesObject } from './manifest.ts';

/** One object of a document with the path to it, or a sentence that says why there is none. */
export type FoundObject =
  | { readonly ok: true; readonly object: KubernetesObject; readonly path: string }
  | { readonly ok: false; readonly message: string };

/** kubectl writes lists of objects, never lists of lists; a few levels are accepted all the same. */
const MAX_LISTS = 4;

function asObject(value: unknown): FoundObject {
  if (!isRecord(value))
    return {
      ok: false,
      message: `must be a Kubernetes object (a map with apiVersion and kind)${Array.isArray(value) ? ', not a list' : ''}`,
    };
  const missing = (['apiVersion', 'kind'] as const).filter(
    (field) => typeof value[field] !== 'string' || value[field] === '',
  );
  if (missing.length > 0)
    return {
      ok: false,
      message: `is not a Kubernetes object: ${missing.join(' and ')} must be a non-empty string`,
    };
  return { ok: true, object: value as unknown as KubernetesObject, path: '' };
}

/** Items of a typed list (`MCPServerEntryList`) may leave out what the list's own kind says. */
function withListType(item: unknown, list: KubernetesObject): unknown {
  const kind = list.kind.slice(0, -'List'.length);
  if (!isRecord(item) || kind === '') return item;
  return { apiVersion: list.apiVersion, kind, ...item };
}

/** The Kubernetes objects that a document holds: itself, or the items of a `List` or `…List`. */
export function* objectsOf(value: unknown, depth = 0): Generator<FoundObject> {
  const found = asObject(value);
  if (!found.ok) {
    yield found;
    return;
  }
  const { kind, items } = found.object;
  if (!kind.endsWith('List') || !Object.hasOwn(found.object, 'items')) {
    yield found;
  } else if (depth >= MAX_LISTS) {
    yield { ok: false, message: `lists are nested more than ${MAX_LISTS} levels deep` };
  } else if (items !== null && !Array.isArray(items)) {
    yield { ok: false, message: `${kind}: items must be an array` };
  } else {
    let index = 0;
    for (const item of items ?? []) {
      for (const inner of objectsOf(withListType(item, found.object), depth + 1))
        yield inner.ok
          ? { ...inner, path: `.items[${index}]${inner.path}` }
          : { ok: false, message: `items[${index}] ${inner.message}` };
      index++;
    }
  }
}
