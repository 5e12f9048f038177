import { MAX_ITEMS } from '../kubernetes/bounds.ts';
import { fieldsAt, itemsAt, textAt } from '../kubernetes/record.ts';
import type { ToolhiveKind } from './kinds.ts';

/** The kinds that objects name in a reference by which the catalog finds them. */
export const REFERENCED_KINDS = [
  'MCPToolConfig',
  'MCPOIDCConfig',
  'MCPAuthzConfig',
  'MCPTelemetryConfig',
  'EmbeddingServer',
  'VirtualMCPCompositeToolDefinition',
  'MCPExternalAuthConfig',
] as const satisfies readonly ToolhiveKind[];

export type ReferencedKind = (typeof REFERENCED_KINDS)[number];

/** One object of the same namespace that another one names. */
export interface Reference {
  readonly kind: ReferencedKind;
  readonly name: string;
  /** The path of the name in the object that names it. */
  readonly field: string;
  /** Beside the name of an MCPToolConfig: the tools that the object overrides itself, which wins. */
  readonly overridden?: readonly string[];
}

/** The kinds and the paths of their references in `spec`. */
type Places = readonly (readonly [kind: ReferencedKind, ...path: string[]])[];

/** `externalAuthConfigRef` is not here: it decides how a backend is called, so models have it as a field of its own. */
const OF_WORKLOAD: Places = [
  ['MCPOIDCConfig', 'oidcConfigRef'],
  ['MCPAuthzConfig', 'authzConfigRef'],
  ['MCPTelemetryConfig', 'telemetryConfigRef'],
  ['MCPToolConfig', 'toolConfigRef'],
  ['MCPExternalAuthConfig', 'authServerRef'],
];

const OF_VIRTUAL_SERVER: Places = [
  ['MCPOIDCConfig', 'incomingAuth', 'oidcConfigRef'],
  ['MCPAuthzConfig', 'incomingAuth', 'authzConfigRef'],
  ['MCPTelemetryConfig', 'telemetryConfigRef'],
  ['EmbeddingServer', 'embeddingServerRef'],
];

function referencesAt(raw: unknown, places: Places): Reference[] {
  return places.flatMap(([kind, ...place]) => {
    const path = ['spec', ...place, 'name'];
    const name = textAt(raw, ...path);
    return name === undefined ? [] : [{ kind, name, field: path.join('.') }];
  });
}

/** What an MCPServer or an MCPRemoteProxy names. */
export function referencesOfWorkload(raw: unknown): readonly Reference[] {
  return referencesAt(raw, OF_WORKLOAD);
}

function toolConfigs(raw: unknown): Reference[] {
  return itemsAt(raw, 'spec', 'config', 'aggregation', 'tools').flatMap(([index, item]) => {
    const name = textAt(item, 'toolConfigRef', 'name');
    const field = `spec.config.aggregation.tools[${index}].toolConfigRef.name`;
    const overridden = Object.keys(fieldsAt(item, 'overrides') ?? {});
    return name === undefined ? [] : [{ kind: 'MCPToolConfig', name, field, overridden }];
  });
}

function compositeTools(raw: unknown): Reference[] {
  return itemsAt(raw, 'spec', 'config', 'compositeToolRefs').flatMap(([index, item]) => {
    const name = textAt(item, 'name');
    const field = `spec.config.compositeToolRefs[${index}].name`;
    return name === undefined ? [] : [{ kind: 'VirtualMCPCompositeToolDefinition', name, field }];
  });
}

/** What a VirtualMCPServer names. Of a list with more items than are looked at the first ones. */
export function referencesOfVirtualServer(raw: unknown): readonly Reference[] {
  return [
    ...referencesAt(raw, OF_VIRTUAL_SERVER),
    ...toolConfigs(raw).slice(0, MAX_ITEMS),
    ...compositeTools(raw).slice(0, MAX_ITEMS),
  ];
}
