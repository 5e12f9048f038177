import type { Catalog, GroupMembers, Lookup, NamespaceView } from '../../catalog/catalog.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { McpRemoteProxy } from '../../toolhive/remoteProxy.ts';
import type { McpServer } from '../../toolhive/server.ts';
import type { McpServerEntry } from '../../toolhive/serverEntry.ts';
import type { BaseConfig } from '../config/baseConfig.ts';
import { YamlMap } from '../config/render.ts';
import { compare } from '../contract.ts';
import type { Note } from '../report/reasons.ts';
import type { MemberKind } from './backend.ts';
import { readEach } from './load.ts';

type Member = McpServer | McpRemoteProxy | McpServerEntry;

const KIND_OF_WORKLOAD: ReadonlyMap<unknown, MemberKind> = new Map([
  ['mcp_server', 'MCPServer'],
  ['remote_proxy', 'MCPRemoteProxy'],
  ['server_entry', 'MCPServerEntry'],
]);
const ANY_KIND: readonly MemberKind[] = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

interface Witness {
  readonly kind: MemberKind;
  readonly name: string;
}

/** Objects that are read for one Pod at most: a base config can list thousands of names that nobody has. */
const MAX_READ = 256;

/** What the operator lists in the base config while the catalog does not know it, or holds it as not Valid; each once. */
function doubtful(base: BaseConfig, members: GroupMembers): Witness[] {
  const settled = new Set<string>();
  for (const { metadata } of [...members.servers, ...members.remoteProxies]) settled.add(metadata.name);
  for (const { metadata, status } of members.entries)
    if (status === undefined || status.phase === 'Valid') settled.add(metadata.name);
  const witnesses = base.backends.flatMap(({ name, value }) => {
    if (name === undefined || settled.has(name) || !isObjectName(name)) return [];
    settled.add(name);
    const metadata = value instanceof YamlMap ? value.get('metadata') : undefined;
    const kind =
      metadata instanceof YamlMap ? KIND_OF_WORKLOAD.get(metadata.get('workload_type')) : undefined;
    return (kind ? [kind] : ANY_KIND).map((each) => ({ kind: each, name }));
  });
  return witnesses.slice(0, MAX_READ);
}

function withMember<T extends Member>(list: readonly T[], member: T): readonly T[] {
  return [...list.filter(({ metadata }) => metadata.name !== member.metadata.name), member].sort((a, b) =>
    compare(a.metadata.name, b.metadata.name),
  );
}

function joined(members: GroupMembers, member: Member): GroupMembers {
  if (member.kind === 'MCPServer') return { ...members, servers: withMember(members.servers, member) };
  if (member.kind === 'MCPRemoteProxy')
    return { ...members, remoteProxies: withMember(members.remoteProxies, member) };
  return { ...members, entries: withMember(members.entries, member) };
}

/**
 * Under bursts of edits the catalog can be behind when a Pod is made, and nothing makes that Pod again. The operator's own
 * list in the base config is a witness: what it lists and the catalog does not know, or holds as not Valid, is read live
 * once before it is left out, up to {@link MAX_READ} objects. Never throws.
 * @param base the base config that the operator wrote; undefined for a self-managed Pod
 */
export async function freshMembers(
  catalog: Catalog,
  view: NamespaceView,
  group: string,
  base: BaseConfig | undefined,
  signal: AbortSignal,
): Promise<{ readonly members: GroupMembers; readonly notes: readonly Note[] }> {
  const { live } = catalog;
  let members = view.members(group);
  if (!live || !base) return { members, notes: [] };
  const answers = await readEach(
    doubtful(base, members),
    ({ kind, name }): Promise<Lookup<Member>> => live(kind, view.namespace, name, signal),
  );
  const notes: Note[] = [];
  const found = [...answers.values()].flatMap((lookup) => (lookup.state === 'found' ? [lookup.value] : []));
  for (const member of found.sort((a, b) => compare(a.metadata.name, b.metadata.name))) {
    if (member.group !== group) continue;
    members = joined(members, member);
    notes.push({
      kind: member.kind,
      name: member.metadata.name,
      reason: 'read-live',
      message: 'the base config lists it and the catalog was behind, so it was read from the API server',
    });
  }
  return { members, notes };
}
