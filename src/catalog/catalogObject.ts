import { isCopiedAnnotation } from '../kubernetes/metadata.ts';
import type { Read } from '../kubernetes/read.ts';
import { isRecord } from '../kubernetes/record.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import { readObject, type ToolhiveModels } from '../toolhive/object.ts';

/** The object without annotations that nothing reads; the largest of them repeats the whole object. */
function withoutDroppedAnnotations(raw: unknown): unknown {
  if (!isRecord(raw) || !isRecord(raw.metadata) || !isRecord(raw.metadata.annotations)) return raw;
  const kept = Object.entries(raw.metadata.annotations).filter(([key]) => isCopiedAnnotation(key));
  const annotations = kept.length > 0 ? Object.fromEntries(kept) : undefined;
  return { ...raw, metadata: { ...raw.metadata, annotations } };
}

/**
 * Reads an untrusted ToolHive object into the form that a catalog keeps: the fields of its model only, and no annotation
 * that discovery would not copy. An object without a name is malformed. Never throws.
 */
export function readCatalogObject<K extends ToolhiveKind>(kind: K, raw: unknown): Read<ToolhiveModels[K]> {
  const read = readObject(kind, withoutDroppedAnnotations(raw));
  if (read.ok && read.value.metadata.name === '')
    return { ok: false, problems: [{ field: 'metadata.name', message: 'must not be empty' }] };
  return read;
}

/**
 * Reads an object that is stored in a cluster. An entry without a status was not looked at by its controller yet, so its
 * phase is not set; only in manifests, which never have a status, does its absence mean anything else. The CRD's default
 * of the phase does not apply, since it stands inside the status.
 */
export function readClusterObject<K extends ToolhiveKind>(kind: K, raw: unknown): Read<ToolhiveModels[K]> {
  const read = readCatalogObject(kind, raw);
  if (!read.ok || read.value.kind !== 'MCPServerEntry' || read.value.status !== undefined) return read;
  return { ok: true, value: { ...read.value, status: { phase: undefined, observedGeneration: undefined } } };
}
