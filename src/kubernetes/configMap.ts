import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from './metadata.ts';
import { type Read, readWith } from './read.ts';
import { stringMap, toStringMap } from './stringMap.ts';

/** A core/v1 ConfigMap. */
export interface ConfigMap {
  readonly metadata: Metadata;
  readonly data: Readonly<Record<string, string>>;
  /** The keys of `binaryData`; ToolHive never looks at their values. */
  readonly binaryKeys: readonly string[];
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  data: stringMap.nullish(),
  binaryData: stringMap.nullish(),
});

export function readConfigMap(raw: unknown): Read<ConfigMap> {
  return readWith(wire, raw, (object) => ({
    metadata: toMetadata(object.metadata),
    data: toStringMap(object.data),
    binaryKeys: Object.keys(object.binaryData ?? {}),
  }));
}
