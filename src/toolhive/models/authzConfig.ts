import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';

/** The type of the policies that a vMCP can use. Source: `resolveAuthzConfigRef` of toolhive v0.47.0, pkg/vmcpconfig. */
export const VMCP_AUTHZ_TYPE = 'cedarv1';

/** An MCPAuthzConfig: policies about who may call what. */
export interface McpAuthzConfig {
  readonly kind: 'MCPAuthzConfig';
  readonly metadata: Metadata;
  readonly type: string;
  readonly valid: Condition | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z.object({ type: z.string().nullish() }).nullish(),
  status: statusWire,
});

export function readAuthzConfig(raw: unknown): Read<McpAuthzConfig> {
  return readWith(wire, raw, ({ metadata, spec, status }) => ({
    kind: 'MCPAuthzConfig' as const,
    metadata: toMetadata(metadata),
    type: spec?.type ?? '',
    valid: validCondition(status),
  }));
}
