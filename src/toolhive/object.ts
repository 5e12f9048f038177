import type { Read } from '../kubernetes/read.ts';
import { type McpExternalAuthConfig, readAuthConfig } from './authConfig.ts';
import { type McpGroup, readGroup } from './group.ts';
import type { ToolhiveKind } from './kinds.ts';
import { type McpRemoteProxy, readRemoteProxy } from './remoteProxy.ts';
import { type McpServer, readServer } from './server.ts';
import { type McpServerEntry, readServerEntry } from './serverEntry.ts';
import { readVirtualServer, type VirtualMcpServer } from './virtualServer.ts';

/** The model of each kind. */
export interface ToolhiveModels {
  readonly MCPServerEntry: McpServerEntry;
  readonly MCPGroup: McpGroup;
  readonly VirtualMCPServer: VirtualMcpServer;
  readonly MCPServer: McpServer;
  readonly MCPRemoteProxy: McpRemoteProxy;
  readonly MCPExternalAuthConfig: McpExternalAuthConfig;
}

export type ToolhiveObject = ToolhiveModels[ToolhiveKind];

const READERS: { readonly [K in ToolhiveKind]: (raw: unknown) => Read<ToolhiveModels[K]> } = {
  MCPServerEntry: readServerEntry,
  MCPGroup: readGroup,
  VirtualMCPServer: readVirtualServer,
  MCPServer: readServer,
  MCPRemoteProxy: readRemoteProxy,
  MCPExternalAuthConfig: readAuthConfig,
};

/** Reads an untrusted object as the given kind. Never throws. */
export function readObject<K extends ToolhiveKind>(kind: K, raw: unknown): Read<ToolhiveModels[K]> {
  return READERS[kind](raw);
}
