import type { Member } from '../catalog/catalog.ts';
import { remember } from '../remember.ts';
import { canonicalHeader } from '../toolhive/headerNames.ts';
import type { McpServerEntry } from '../toolhive/models/serverEntry.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import type { FieldPath } from './findings/fieldPath.ts';
import { forbidden } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { headerValue, shownHeader } from './headers/header.ts';
import { type Facts, warn } from './rule.ts';

export const passthroughRules = {
  'header-passthrough-clash': warn(
    'A header must not be set by an entry and also passed through from clients.',
    'MCPServerEntry',
    'VirtualMCPServer',
  ),
};

/** The headers that an entry sets, in canonical form. */
function forwardedHeaders(entry: McpServerEntry): Set<string> {
  const { headers } = entry;
  if (headers === undefined) return new Set();
  return new Set(
    [...Object.keys(headers.plaintext), ...headers.fromSecret.map(({ headerName }) => headerName)].map(
      canonicalHeader,
    ),
  );
}

/** The first entry that sets each header, in canonical form; made once for the same members. */
const settersOf = remember((members: readonly Member[]) => {
  const setters = new Map<string, McpServerEntry>();
  for (const entry of members.filter((member) => member.kind === 'MCPServerEntry'))
    for (const header of forwardedHeaders(entry)) if (!setters.has(header)) setters.set(header, entry);
  return setters;
});

/** The headers of a vMCP's pass-through list that an entry sets, in canonical form. */
function clashesOf({ passthroughHeaders }: VirtualMcpServer, forwarded: ReadonlySet<string>): string[] {
  return passthroughHeaders
    .map(({ name }) => canonicalHeader(name))
    .filter((canonical) => forwarded.has(canonical));
}

/**
 * An entry against the pass-through headers of its vMCPs: a header of both breaks every call that carries it. The first one
 * is named.
 */
export function checkPassthroughClash(entry: McpServerEntry, { view }: Facts): Finding[] {
  if (entry.group === undefined) return [];
  const forwarded = forwardedHeaders(entry);
  const clashes = view
    .virtualServersOf(entry.group)
    .flatMap((vmcp) => clashesOf(vmcp, forwarded).map((header) => ({ vmcp: vmcp.metadata.name, header })));
  const [first] = clashes;
  if (first === undefined) return [];
  return [
    forbidden({
      rule: 'header-passthrough-clash',
      field: 'spec.headerForward',
      violations: clashes.map(({ vmcp, header }) => ({ parts: [vmcp, header] })),
      detail: `VirtualMCPServer "${first.vmcp}" passes ${shownHeader(first.header)} through from clients; every call that carries it will fail for this entry. Set it in one place`,
    }),
  ];
}

/** A pass-through header of a vMCP against the headers that the entries of its group set. */
export function checkServedPassthrough(
  vmcp: VirtualMcpServer,
  name: string,
  field: FieldPath,
  { view }: Facts,
): Finding[] {
  if (vmcp.group === undefined) return [];
  const canonical = canonicalHeader(name);
  const clash = settersOf(view.members(vmcp.group)).get(canonical);
  if (clash === undefined) return [];
  return [
    forbidden({
      rule: 'header-passthrough-clash',
      field,
      ...headerValue(name),
      detail: `entry "${clash.metadata.name}" sets ${shownHeader(name)} itself; every call that carries it from a client will fail there`,
    }),
  ];
}
