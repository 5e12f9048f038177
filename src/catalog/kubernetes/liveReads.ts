import { readConfigMap } from '../../kubernetes/configMap.ts';
import type { Read } from '../../kubernetes/read.ts';
import { remember } from '../../remember.ts';
import type { Catalog, MetadataReads, ReadMetadata } from '../catalog.ts';
import { readClusterObject } from '../catalogObject.ts';
import { secretFacts } from '../secretFacts.ts';
import { LiveReader, type LiveReaderOptions } from './liveReader.ts';
import { NamespaceLabels } from './namespaceLabels.ts';
import type { Clock } from './timing.ts';

function converted<T>(read: Read<T>): { readonly value: T } | { readonly problem: string } {
  if (read.ok) return { value: read.value };
  const [first] = read.problems;
  return { problem: `it is malformed${first ? `: ${first.field} ${first.message}` : ''}` };
}

export interface LiveReadsOptions extends Omit<LiveReaderOptions, 'metadataOnly'> {
  /** Whether Secrets may be read. */
  readonly secrets: boolean;
  readonly clock: Clock;
}

/** The reads past the copy. */
export interface LiveReads extends Pick<Catalog, 'configMap' | 'secret'> {
  readonly live: NonNullable<Catalog['live']>;
  readonly labels: NonNullable<Catalog['labels']>;
  readonly metadata: MetadataReads;
}

function metadataReads(reader: LiveReader, secrets: boolean): MetadataReads {
  const reading =
    (kind: 'ConfigMap' | 'Secret'): ReadMetadata =>
    (namespace, name, signal) =>
      reader.read({ kind, namespace, name }, (value) => ({ value }), signal);
  return { configMap: reading('ConfigMap'), ...(secrets && { secret: reading('Secret') }) };
}

/** Makes the reads past the copy; those of Secrets only where they may be read. */
export function liveReads({ secrets, clock, ...options }: LiveReadsOptions): LiveReads {
  const reader = new LiveReader(options);
  const labels = new NamespaceLabels(reader, clock);
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
    labels: (namespace, signal) => labels.read(namespace, signal),
    metadata: metadataReads(new LiveReader({ ...options, metadataOnly: true }), secrets),
  };
}
