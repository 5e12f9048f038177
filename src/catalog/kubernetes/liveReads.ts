import { readConfigMap } from '../../kubernetes/configMap.ts';
import type { Read } from '../../kubernetes/read.ts';
import { remember } from '../../remember.ts';
import type { Catalog, MetadataReads, ReadMetadata, SecretFacts } from '../catalog.ts';
import { readClusterObject } from '../catalogObject.ts';
import { secretFacts } from '../secretFacts.ts';
import { collectionPaths, corePath } from './collections.ts';
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
  const toConfigMap = remember((raw: object) => converted(readConfigMap(raw)));
  const secret: NonNullable<Catalog['secret']> = (namespace, name, signal) =>
    reader.read<SecretFacts>(
      [corePath('secrets', namespace, name)],
      { kind: 'Secret', namespace, name },
      (raw) => ({ value: secretFacts(raw) }),
      signal,
    );
  return {
    configMap: (namespace, name, signal) =>
      reader.read(
        [corePath('configmaps', namespace, name)],
        { kind: 'ConfigMap', namespace, name },
        (raw) => (typeof raw === 'object' && raw !== null ? toConfigMap(raw) : converted(readConfigMap(raw))),
        signal,
      ),
    ...(secrets && { secret }),
    live: (kind, namespace, name, signal) =>
      reader.read(
        collectionPaths(kind, namespace).map((path) => `${path}/${encodeURIComponent(name)}`),
        { kind, namespace, name },
        (raw) => converted(readClusterObject(kind, raw)),
        signal,
      ),
  };
}

/**
 * Reads of the metadata of ConfigMaps, and of Secrets where they may be read.
 * @param reader asks for metadata alone
 */
export function metadataReads(reader: LiveReader, secrets: boolean): MetadataReads {
  const reading =
    (kind: 'ConfigMap' | 'Secret', plural: 'configmaps' | 'secrets'): ReadMetadata =>
    (namespace, name, signal) =>
      reader.read(
        [corePath(plural, namespace, name)],
        { kind, namespace, name },
        (value) => ({ value }),
        signal,
      );
  return {
    configMap: reading('ConfigMap', 'configmaps'),
    ...(secrets && { secret: reading('Secret', 'secrets') }),
  };
}
