import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { groupName, refName } from '../../kubernetes/reference.ts';
import { type Reference, referencesOfWorkload } from '../references.ts';
import { type HeaderForward, toHeaderForward } from './headerForward.ts';
import { type RemoteFields, remoteFields, remoteSpecWire } from './remoteSpec.ts';

/** An MCPRemoteProxy: ToolHive's own proxy in front of `remoteUrl`, reached at `status.url`. */
export interface McpRemoteProxy {
  readonly kind: 'MCPRemoteProxy';
  readonly metadata: Metadata;
  readonly remoteUrl: string | undefined;
  readonly allowPrivateEndpoint: boolean;
  readonly transport: string | undefined;
  readonly group: string | undefined;
  readonly authConfig: string | undefined;
  readonly references: readonly Reference[];
  readonly headers: HeaderForward | undefined;
  readonly url: string | undefined;
  readonly phase: string | undefined;
  readonly fields: RemoteFields;
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
      remoteUrl: spec.remoteUrl ?? spec.remoteURL ?? undefined,
      allowPrivateEndpoint: spec.allowPrivateEndpoint ?? false,
      transport: spec.transport ?? undefined,
      group: groupName(spec.groupRef),
      authConfig: refName(spec.externalAuthConfigRef),
      references: referencesOfWorkload(raw),
      headers: toHeaderForward(spec.headerForward),
      url: object.status?.url ?? undefined,
      phase: object.status?.phase ?? undefined,
      fields: remoteFields(spec),
    };
  });
}
