import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { type CaBundleRef, caBundleRefWire, toCaBundleRef } from './caBundleRef.ts';

/** An MCPTelemetryConfig: where a server sends its traces and metrics. */
export interface McpTelemetryConfig {
  readonly kind: 'MCPTelemetryConfig';
  readonly metadata: Metadata;
  readonly caBundle: CaBundleRef | undefined;
  readonly valid: Condition | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z.object({ openTelemetry: z.object({ caBundleRef: caBundleRefWire }).nullish() }).nullish(),
  status: statusWire,
});

export function readTelemetryConfig(raw: unknown): Read<McpTelemetryConfig> {
  return readWith(wire, raw, ({ metadata, spec, status }) => ({
    kind: 'MCPTelemetryConfig' as const,
    metadata: toMetadata(metadata),
    caBundle: toCaBundleRef(spec?.openTelemetry?.caBundleRef),
    valid: validCondition(status),
  }));
}
