import type { InputObject, ManifestDocument, StoredObject } from '../catalog/manifests/manifest.ts';
import { type KubernetesObject, objectKey } from '../kubernetes/object.ts';
import { sameJson } from '../kubernetes/record.ts';

/** A cluster as it would be after the files were applied. */
export interface Overlay {
  /** The files, then the stored objects that none of them replaces. */
  readonly objects: readonly InputObject[];
  /** The stored object that a file replaces; undefined for a new object. */
  readonly replaced: (object: KubernetesObject) => KubernetesObject | undefined;
}

/**
 * The object as it would be stored. An apply does not write the status: while the spec stays the same, the stored status
 * stays true. A changed spec has no verdict of its controller yet, as in any other file.
 */
function asApplied(document: ManifestDocument, stored: KubernetesObject | undefined): ManifestDocument {
  const { object } = document;
  if (stored === undefined || !sameJson(object.spec, stored.spec)) return document;
  return { ...document, object: { ...object, status: stored.status } };
}

/** Puts files over the objects of a cluster. The files name their namespaces. */
export function overlay(files: readonly ManifestDocument[], stored: readonly StoredObject[]): Overlay {
  const before = new Map(stored.map(({ object }) => [objectKey(object), object]));
  const replaced = (object: KubernetesObject) => before.get(objectKey(object));
  const applied = new Set(files.map(({ object }) => objectKey(object)));
  return {
    objects: [
      ...files.map((file) => asApplied(file, replaced(file.object))),
      ...stored.filter(({ object }) => !applied.has(objectKey(object))),
    ],
    replaced,
  };
}
