import type { Read } from '../kubernetes/read.ts';
import type { ToolhiveKind } from './kinds.ts';
import { readAuthConfig } from './models/authConfig.ts';
import { readAuthzConfig } from './models/authzConfig.ts';
import { readCompositeToolDefinition } from './models/compositeToolDefinition.ts';
import { readEmbeddingServer } from './models/embeddingServer.ts';
import { readGroup } from './models/group.ts';
import { readOidcConfig } from './models/oidcConfig.ts';
import { readRemoteProxy } from './models/remoteProxy.ts';
import { readServer } from './models/server.ts';
import { readServerEntry } from './models/serverEntry.ts';
import { readTelemetryConfig } from './models/telemetryConfig.ts';
import { readToolConfig } from './models/toolConfig.ts';
import { readVirtualServer } from './models/virtualServer.ts';

/** How each kind is read. Another kind is a line here and its plural in kinds.ts; the catalog then follows it. */
const READERS = {
  MCPServerEntry: readServerEntry,
  MCPGroup: readGroup,
  VirtualMCPServer: readVirtualServer,
  MCPServer: readServer,
  MCPRemoteProxy: readRemoteProxy,
  MCPExternalAuthConfig: readAuthConfig,
  MCPToolConfig: readToolConfig,
  MCPOIDCConfig: readOidcConfig,
  MCPAuthzConfig: readAuthzConfig,
  MCPTelemetryConfig: readTelemetryConfig,
  EmbeddingServer: readEmbeddingServer,
  VirtualMCPCompositeToolDefinition: readCompositeToolDefinition,
} satisfies Record<ToolhiveKind, (raw: unknown) => Read<unknown>>;

/** The model of each kind. */
export type ToolhiveModels = {
  readonly [K in ToolhiveKind]: Extract<ReturnType<(typeof READERS)[K]>, { readonly ok: true }>['value'];
};

export type ToolhiveObject = ToolhiveModels[ToolhiveKind];

/** Reads an untrusted object as the given kind. Never throws. */
export function readObject<K extends ToolhiveKind>(kind: K, raw: unknown): Read<ToolhiveModels[K]> {
  return READERS[kind](raw) as Read<ToolhiveModels[K]>;
}
