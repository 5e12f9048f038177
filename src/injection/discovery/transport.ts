import type { McpServer } from '../../toolhive/server.ts';

export type Transport = 'stdio' | 'sse' | 'streamable-http';

const KNOWN: ReadonlyMap<string, Transport> = new Map([
  ['stdio', 'stdio'],
  ['STDIO', 'stdio'],
  ['sse', 'sse'],
  ['SSE', 'sse'],
  ['streamable-http', 'streamable-http'],
  ['STREAMABLE-HTTP', 'streamable-http'],
]);

/**
 * `spec.transport` as ToolHive's dynamic discovery reads it: lower-case and all-caps names, everything else is
 * `streamable-http`.
 */
export function parseTransport(written: string | undefined): Transport {
  return KNOWN.get(written ?? '') ?? 'streamable-http';
}

/**
 * The transport at which an MCPServer is reached. ToolHive's dynamic path: for `stdio` the proxy mode, else the
 * transport itself. Its static path takes the defaulted proxy mode always, which is wrong for SSE servers (gap S2).
 */
export function serverTransport(server: McpServer): Exclude<Transport, 'stdio'> {
  const transport = parseTransport(server.transport ?? 'stdio');
  if (transport !== 'stdio') return transport;
  return server.proxyMode === 'sse' ? 'sse' : 'streamable-http';
}

/** The transport of an MCPRemoteProxy or MCPServerEntry. `stdio` makes no sense for a URL. */
export function remoteTransport(written: string | undefined): Exclude<Transport, 'stdio'> {
  return parseTransport(written) === 'sse' ? 'sse' : 'streamable-http';
}
