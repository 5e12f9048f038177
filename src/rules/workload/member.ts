import { quoted } from '../../text/line.ts';
import type { McpRemoteProxy } from '../../toolhive/models/remoteProxy.ts';
import type { McpServer } from '../../toolhive/models/server.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, warn } from '../rule.ts';

export const memberRules = {
  'member-name-in-tool-names': warn(
    'The name of a backend must leave room for tool names that clients accept.',
    'MCPServer',
    'MCPRemoteProxy',
    'MCPServerEntry',
  ),
  'server-transport-in-static-vmcp': warn(
    'transport and proxyMode of a server must say the same for a static vMCP.',
    'MCPServer',
  ),
  'server-auth-twice': warn(
    'An auth config of a server must not be meant for the server and the vMCP alike.',
    'MCPServer',
  ),
};

/** Model APIs take tool names of at most 64 letters, digits, hyphens and underscores; `<name>_` stands before each. */
const MAX_TOOL_NAME = 64;
const ROOM_FOR_TOOL = 20;

/** Clients refuse a tool whose name is too long or has a dot, some the whole list. */
export function checkToolNameRoom(member: McpServer | McpRemoteProxy | McpServerEntry): Finding[] {
  const { name } = member.metadata;
  const left = MAX_TOOL_NAME - name.length - 1;
  const dotted = name.includes('.');
  if (member.group === undefined || (!dotted && left >= ROOM_FOR_TOOL)) return [];
  const why = dotted
    ? 'its tools are called <name>_<tool>, and clients refuse tool names with a dot'
    : `its tools are called <name>_<tool>, which leaves ${Math.max(left, 0)} of the ${MAX_TOOL_NAME} characters that clients accept`;
  const detail = `${why}; choose a shorter name without dots, or another prefixFormat in the vMCP`;
  return [invalid({ rule: 'member-name-in-tool-names', field: 'metadata.name', value: name, detail })];
}

/** From this length on the name of an entry with a CA bundle may meet a shortened one in the name of a volume. */
const SHORTENED_NAME = 53;

/** The name of an entry. With a CA bundle a dotted or a shortened name has rules of its own. */
export function checkEntryNameRoom(entry: McpServerEntry): Finding[] {
  const { name } = entry.metadata;
  if (entry.caBundle !== undefined && (name.includes('.') || name.length >= SHORTENED_NAME)) return [];
  return checkToolNameRoom(entry);
}

/** The transport of the URL that the controller writes, and the one that the operator writes into a static config. */
function transports({ transport, proxyMode }: McpServer): {
  readonly real: string;
  readonly written: string;
} {
  const mode = proxyMode || 'streamable-http';
  return { real: transport === 'stdio' || !transport ? mode : transport, written: mode };
}

/** The operator writes proxyMode into a static config, also where the transport decides. Injection writes the right one. */
export function checkStaticTransport(server: McpServer, { view }: Facts): Finding[] {
  const { real, written } = transports(server);
  if (server.group === undefined || real === written) return [];
  const [vmcp] = view.virtualServersOf(server.group).filter(({ source }) => source === 'inline');
  if (vmcp === undefined) return [];
  const detail = `serves ${real}, but ToolHive writes ${written} for static vMCPs such as ${quoted(vmcp.metadata.name)}, so a vMCP Pod that is not injected misses its tools; set proxyMode: ${real}`;
  return [
    invalid({ rule: 'server-transport-in-static-vmcp', field: 'spec.proxyMode', value: written, detail }),
  ];
}

const FOR_THE_SERVER = ['tokenExchange', 'embeddedAuthServer', 'bearerToken'];

/** The proxy of the server and the vMCP both use the reference, so a token is exchanged twice or the backend is dropped. */
export function checkAuthTwice(server: McpServer, { view }: Facts): Finding[] {
  const type = server.authConfig && view.authConfig(server.authConfig)?.type;
  if (server.group === undefined || !type || !FOR_THE_SERVER.includes(type)) return [];
  const effect =
    type === 'tokenExchange'
      ? 'the vMCP exchanges the token, and the proxy of this server exchanges the result once more'
      : `a vMCP cannot use type ${type} and drops this backend`;
  return [
    invalid({
      rule: 'server-auth-twice',
      field: 'spec.externalAuthConfigRef.name',
      value: server.authConfig,
      detail: `is used by the proxy of this server and by the vMCP of its group: ${effect}; use an override in spec.outgoingAuth.backends of the VirtualMCPServer`,
    }),
  ];
}
