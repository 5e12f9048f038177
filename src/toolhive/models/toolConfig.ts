import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { map } from '../../kubernetes/map.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith, shownKey } from '../../kubernetes/read.ts';
import { fieldsAt } from '../../kubernetes/record.ts';

/** An override of a tool with neither a name nor a description, which ToolHive refuses. */
export interface EmptyOverride {
  readonly tool: string;
  /** The tool as a message may show it: {@link shownKey}. */
  readonly shown: string;
}

/** An MCPToolConfig: which tools of a workload are served, and how they are called. */
export interface McpToolConfig {
  readonly kind: 'MCPToolConfig';
  readonly metadata: Metadata;
  readonly emptyOverrides: readonly EmptyOverride[];
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
      .map(([tool]) => ({ tool, shown: shownKey(tool, fieldsAt(raw, 'spec', 'toolsOverride') ?? {}) })),
    valid: validCondition(status),
  }));
}
