import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { groupName, groupRefWire, nameRefWire, refName } from '../../kubernetes/reference.ts';
import { type Reference, referencesOfWorkload } from '../references.ts';

interface ServerFields {
  readonly group: 'spec.groupRef.name' | 'spec.groupRef';
  readonly ignored: undefined;
}

const TODAY: ServerFields = { group: 'spec.groupRef.name', ignored: undefined };
const OLD: ServerFields = { group: 'spec.groupRef', ignored: undefined };

/** An MCPServer: a workload of ToolHive behind a proxy, reached at `status.url`. */
export interface McpServer {
  readonly kind: 'MCPServer';
  readonly metadata: Metadata;
  /** `stdio` (the schema's default), `sse` or `streamable-http`. */
  readonly transport: string | undefined;
  /** `sse` or `streamable-http`; the API server always fills in the latter. */
  readonly proxyMode: string | undefined;
  readonly group: string | undefined;
  readonly authConfig: string | undefined;
  readonly references: readonly Reference[];
  readonly url: string | undefined;
  readonly phase: string | undefined;
  /** The field of the group as this object spells it. */
  readonly fields: ServerFields;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z
    .object({
      transport: z.string().nullish(),
      proxyMode: z.string().nullish(),
      groupRef: groupRefWire,
      externalAuthConfigRef: nameRefWire,
    })
    .nullish(),
  status: z.object({ url: z.string().nullish(), phase: z.string().nullish() }).nullish(),
});

export function readServer(raw: unknown): Read<McpServer> {
  return readWith(wire, raw, (object) => ({
    kind: 'MCPServer' as const,
    metadata: toMetadata(object.metadata),
    transport: object.spec?.transport ?? undefined,
    proxyMode: object.spec?.proxyMode ?? undefined,
    group: groupName(object.spec?.groupRef),
    authConfig: refName(object.spec?.externalAuthConfigRef),
    references: referencesOfWorkload(raw),
    url: object.status?.url ?? undefined,
    phase: object.status?.phase ?? undefined,
    fields: typeof object.spec?.groupRef === 'string' ? OLD : TODAY,
  }));
}
