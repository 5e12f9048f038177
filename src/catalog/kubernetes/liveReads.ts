import { readConfigMap } from '../../kubernetes/configMap.ts';
import type { Read } from '../../kubernetes/read.ts';
import { remember } from '../../remember.ts';
import type { Catalog, MetadataReads, ReadMetadata } from '../catalog.ts';
import { readClusterObject } from '../catalogObject.ts';
import { secretFacts } from '../secretFacts.ts';
import type { LiveReader } from './liveReader.ts';

function converted<T>(read: Read<T>): { readonly value: T } | { readonly problem: string } {
  if (read.ok) return { value: read.value };
  const [first] = read.problems;
  return { problem: `it is malformed${first ? `: ${first.field} ${first.message}` : ''}` };
}

/** The reads past the copy. */
export function liveReads(
  reader: LiveReader,
  secrets: boolean,
): Pick<Catalog, 'configMap' | 'secret' | 'live'> {
  const remembered = remember((raw: object) => converted(readConfigMap(raw)));
  const toConfigMap = (raw: unknown) =>
    typeof raw === 'object' && raw !== null ? remembered(raw) : converted(readConfigMap(raw));
  const toFacts = (raw: unknown) => ({ value: secretFacts(raw) });
  const secret: NonNullable<Catalog['secret']> = (namespace, name, signal) =>
    reader.read({ kind: 'Secret', namespace, name }, toFacts, signal);
  return {
    configMap: (namespace, name, signal) =>
      reader.read({ kind: 'ConfigMap', namespace, name }, toConfigMap, signal),
    ...(secrets && { secret }),
    live: (kind, namespace, name, signal) =>
      reader.read({ kind, namespace, name }, (raw) => converted(readClusterObject(kind, raw)), signal),
  };
}

/**
 * Reads of the metadata of ConfigMaps, and of Secrets where they may be read.
 * @param reader asks for metadata alone
 */
export function metadataReads(reader: LiveReader, secrets: boolean): MetadataReads {
  const reading =
    (kind: 'ConfigMap' | 'Secret'): ReadMetadata =>
    (namespace, name, signal) =>
      reader.read({ kind, namespace, name }, (value) => ({ value }), signal);
  return { configMap: reading('ConfigMap'), ...(secrets && { secret: reading('Secret') }) };
}
