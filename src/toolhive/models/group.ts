import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';

/** An MCPGroup. Its members are not listed in it: they name it in their `groupRef`. */
export interface McpGroup {
  readonly kind: 'MCPGroup';
  readonly metadata: Metadata;
  readonly phase: string | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  status: z.object({ phase: z.string().nullish() }).nullish(),
});

export function readGroup(raw: unknown): Read<McpGroup> {
  return readWith(wire, raw, (object) => ({
    kind: 'MCPGroup' as const,
    metadata: toMetadata(object.metadata),
    phase: object.status?.phase ?? undefined,
  }));
}
