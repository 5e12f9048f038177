import type { Read } from '../../kubernetes/read.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveModels } from '../../toolhive/object.ts';
import { readCatalogObject } from '../catalogObject.ts';

/**
 * Reads an object that is stored in a cluster. An entry without a status was not looked at by its controller yet, so
 * its phase is not set; only in manifests, which never have one, does no status mean anything else. The CRD's default
 * of the phase does not apply, since it stands inside the status.
 */
export function readClusterObject<K extends ToolhiveKind>(kind: K, raw: unknown): Read<ToolhiveModels[K]> {
  const read = readCatalogObject(kind, raw);
  if (!read.ok || read.value.kind !== 'MCPServerEntry' || read.value.status !== undefined) return read;
  return { ok: true, value: { ...read.value, status: { phase: undefined, observedGeneration: undefined } } };
}
