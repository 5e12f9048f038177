/** The API group of ToolHive. Source: its CRDs. */
export const TOOLHIVE_GROUP = 'toolhive.stacklok.dev';

/** Served versions; their schemas are identical, so both are read alike. `v1beta1` is the stored one. */
export const TOOLHIVE_VERSIONS = ['v1beta1', 'v1alpha1'] as const;

/** The version in which the cluster is read. */
export const STORED_VERSION = 'v1beta1';

/** The kinds of which the catalog keeps a model, with the plural of their URL. All are namespaced. */
export const PLURALS = {
  MCPServerEntry: 'mcpserverentries',
  MCPGroup: 'mcpgroups',
  VirtualMCPServer: 'virtualmcpservers',
  MCPServer: 'mcpservers',
  MCPRemoteProxy: 'mcpremoteproxies',
  MCPExternalAuthConfig: 'mcpexternalauthconfigs',
  MCPToolConfig: 'mcptoolconfigs',
  MCPOIDCConfig: 'mcpoidcconfigs',
  MCPAuthzConfig: 'mcpauthzconfigs',
  MCPTelemetryConfig: 'mcptelemetryconfigs',
  EmbeddingServer: 'embeddingservers',
  VirtualMCPCompositeToolDefinition: 'virtualmcpcompositetooldefinitions',
} as const;

export type ToolhiveKind = keyof typeof PLURALS;

/** The kinds of which the catalog keeps no model: they are judged by what stands in the object itself. */
export const OTHER_PLURALS = {
  MCPWebhookConfig: 'mcpwebhookconfigs',
  MCPRegistry: 'mcpregistries',
} as const;

/** All kinds of ToolHive's API group. */
export type StoredKind = ToolhiveKind | keyof typeof OTHER_PLURALS;

export const TOOLHIVE_KINDS = Object.keys(PLURALS) as readonly ToolhiveKind[];

export const STORED_KINDS = [...TOOLHIVE_KINDS, ...Object.keys(OTHER_PLURALS)] as readonly StoredKind[];

/** True for an `apiVersion` of ToolHive's group in a version that it serves. */
export function isToolhiveApiVersion(apiVersion: unknown): boolean {
  return TOOLHIVE_VERSIONS.some((version) => apiVersion === `${TOOLHIVE_GROUP}/${version}`);
}

/** True for the name of a kind of ToolHive. */
export function isStoredKind(kind: string): kind is StoredKind {
  return Object.hasOwn(PLURALS, kind) || Object.hasOwn(OTHER_PLURALS, kind);
}

/** The kind of an object of ToolHive's API group; undefined for any other object. */
export function storedKind(object: unknown): StoredKind | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  const { apiVersion, kind } = object as { apiVersion?: unknown; kind?: unknown };
  if (!isToolhiveApiVersion(apiVersion) || typeof kind !== 'string') return undefined;
  return isStoredKind(kind) ? kind : undefined;
}

/** True for a kind of which the catalog keeps a model. */
export function isModelled(kind: StoredKind): kind is ToolhiveKind {
  return Object.hasOwn(PLURALS, kind);
}

/** The kind of a ToolHive object, or undefined when the catalog keeps no model of it. */
export function toolhiveKind(object: unknown): ToolhiveKind | undefined {
  const kind = storedKind(object);
  return kind !== undefined && isModelled(kind) ? kind : undefined;
}
