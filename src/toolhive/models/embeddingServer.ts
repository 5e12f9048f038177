import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';

/** An EmbeddingServer: the model with which a vMCP's optimizer searches tools. */
export interface EmbeddingServer {
  readonly kind: 'EmbeddingServer';
  readonly metadata: Metadata;
  readonly phase: string | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  status: z.object({ phase: z.string().nullish() }).nullish(),
});

export function readEmbeddingServer(raw: unknown): Read<EmbeddingServer> {
  return readWith(wire, raw, ({ metadata, status }) => ({
    kind: 'EmbeddingServer' as const,
    metadata: toMetadata(metadata),
    phase: status?.phase ?? undefined,
  }));
}
