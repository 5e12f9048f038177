import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { type Reference, referencesOfWorkload } from '../references.ts';
import { type Remote, remoteSpecWire, toRemote } from './remoteSpec.ts';

/** An MCPRemoteProxy: ToolHive's own proxy in front of `remoteUrl`, reached at `status.url`. */
export interface McpRemoteProxy extends Remote {
  readonly kind: 'MCPRemoteProxy';
  readonly metadata: Metadata;
  readonly references: readonly Reference[];
  readonly url: string | undefined;
  readonly phase: string | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: remoteSpecWire.nullish(),
  status: z
    .object({ url: z.string().nullish(), externalURL: z.string().nullish(), phase: z.string().nullish() })
    .nullish(),
});

export function readRemoteProxy(raw: unknown): Read<McpRemoteProxy> {
  return readWith(wire, raw, (object) => {
    const spec = object.spec ?? {};
    return {
      kind: 'MCPRemoteProxy' as const,
      metadata: toMetadata(object.metadata),
      ...toRemote(spec),
      references: referencesOfWorkload(raw),
      url: object.status?.url ?? undefined,
      phase: object.status?.phase ?? undefined,
    };
  });
}
