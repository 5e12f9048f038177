import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { quick } from '../../schema/accepts.ts';
import { type CaBundleRef, caBundleRefWire, toCaBundleRef } from './caBundleRef.ts';
import { type Remote, remoteSpecWire, toRemote } from './remoteSpec.ts';

/** `status.phase` of an MCPServerEntry. Source: the enum of its CRD. */
export const ENTRY_PHASES = ['Valid', 'Pending', 'Failed'] as const;

/** `spec.transport` of an MCPServerEntry and an MCPRemoteProxy. Source: the enum of their CRDs. */
export const REMOTE_TRANSPORTS = ['sse', 'streamable-http'] as const;

/** An MCPServerEntry with old spellings folded into the present form. */
export interface McpServerEntry extends Remote {
  readonly kind: 'MCPServerEntry';
  readonly metadata: Metadata;
  readonly caBundle: CaBundleRef | undefined;
  /** Undefined when the object has no `status` at all (a manifest that was never applied). */
  readonly status:
    | { readonly phase: string | undefined; readonly observedGeneration: number | undefined }
    | undefined;
}

/** What of an MCPServerEntry is read, as it is written. */
export const serverEntryWire = z.object({
  metadata: metadataWire.nullish(),
  spec: remoteSpecWire
    .extend({
      caBundleRef: caBundleRefWire,
    })
    .nullish(),
  status: z.object({ phase: z.string().nullish(), observedGeneration: z.number().nullish() }).nullish(),
});

const quickEntry = quick(serverEntryWire);

function toEntry(object: z.infer<typeof serverEntryWire>): McpServerEntry {
  const spec = object.spec ?? {};
  const status = object.status;
  return {
    kind: 'MCPServerEntry',
    metadata: toMetadata(object.metadata),
    ...toRemote(spec),
    caBundle: toCaBundleRef(spec.caBundleRef),
    status: status
      ? { phase: status.phase ?? undefined, observedGeneration: status.observedGeneration ?? undefined }
      : undefined,
  };
}

/** Reads an MCPServerEntry of either version and either spelling. */
export function readServerEntry(raw: unknown): Read<McpServerEntry> {
  return readWith(quickEntry, raw, toEntry);
}
