import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { map } from '../../kubernetes/map.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';

/** An MCPToolConfig: which tools of a workload are served, and how they are called. */
export interface McpToolConfig {
  readonly kind: 'MCPToolConfig';
  readonly metadata: Metadata;
  /** Names of the tools whose override has neither a name nor a description, which ToolHive refuses. */
  readonly emptyOverrides: readonly string[];
  readonly valid: Condition | undefined;
}

const override = z.object({ name: z.string().nullish(), description: z.string().nullish() }).nullable();

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z.object({ toolsOverride: map(override).nullish() }).nullish(),
  status: statusWire,
});

export function readToolConfig(raw: unknown): Read<McpToolConfig> {
  return readWith(wire, raw, ({ metadata, spec, status }) => ({
    kind: 'MCPToolConfig' as const,
    metadata: toMetadata(metadata),
    emptyOverrides: [...(spec?.toolsOverride ?? [])]
      .filter(([, given]) => !given?.name && !given?.description)
      .map(([tool]) => tool),
    valid: validCondition(status),
  }));
}
