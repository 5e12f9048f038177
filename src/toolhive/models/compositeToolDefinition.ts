import * as z from 'zod';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { textAt, valueAt } from '../../kubernetes/record.ts';
import { compositeToolProblems } from '../compositeTools/tool.ts';
import { backendsOfDefinition, type NamedBackend } from '../namedBackends.ts';

/** A VirtualMCPCompositeToolDefinition: a composite tool that several vMCPs may use. */
export interface VirtualMcpCompositeToolDefinition {
  readonly kind: 'VirtualMCPCompositeToolDefinition';
  readonly metadata: Metadata;
  /** The name of the tool itself, `spec.name`. */
  readonly tool: string | undefined;
  /** The first thing for which a vMCP refuses the tool, as a field and what is wrong with it; undefined when there is none. */
  readonly fault: string | undefined;
  /** The tools that its steps call; their names begin with that of a backend. */
  readonly namedBackends: readonly NamedBackend[];
}

/** Whatever is wrong with the spec is a fault, so it is taken as it is. */
const wire = z.object({ metadata: metadataWire.nullish() });

export function readCompositeToolDefinition(raw: unknown): Read<VirtualMcpCompositeToolDefinition> {
  return readWith(wire, raw, ({ metadata }) => {
    const spec = valueAt(raw, 'spec');
    const [first] = compositeToolProblems(spec, 'spec');
    return {
      kind: 'VirtualMCPCompositeToolDefinition' as const,
      metadata: toMetadata(metadata),
      tool: textAt(spec, 'name'),
      fault: first && `${first.path} ${first.message}`,
      namedBackends: backendsOfDefinition(spec),
    };
  });
}
