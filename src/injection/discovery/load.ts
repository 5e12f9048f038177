import type { Catalog, GroupMembers, Lookup, NamespaceView, SecretFacts } from '../../catalog/catalog.ts';
import { Turns } from '../../concurrency/turns.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { ToolhiveModels } from '../../toolhive/object.ts';
import { YamlMap, type YamlValue } from '../../yaml/values.ts';
import { compare } from '../contract.ts';
import type { Note } from '../report/reasons.ts';
import { allMembers, type Member, type MemberKind, toMembers, WORKLOAD_TYPES } from './backend.ts';
import type { EligibilityFacts } from './eligible.ts';

/** How many reads a review has under way at most. */
const PARALLEL = 16;

/** Applies `read` to every item, a few at a time, and gives the answers by item. Never throws if `read` does not. */
async function readEach<T, R>(items: Iterable<T>, read: (item: T) => Promise<R>): Promise<ReadonlyMap<T, R>> {
  const turns = new Turns(PARALLEL);
  const all = [...new Set(items)].map(async (item) => [item, await turns.run(() => read(item))] as const);
  return new Map(await Promise.all(all));
}

/** What the reads of one review need. */
export interface Reads {
  readonly catalog: Catalog;
  /** The namespace of the Pod. */
  readonly view: NamespaceView;
  readonly signal: AbortSignal;
}

/**
 * Looks up an object that a Pod names. One that the catalog does not know is read live: it should exist, and may have been
 * created by the same `kubectl apply` as the Pod.
 */
export async function findNamed<K extends ToolhiveKind>(
  { catalog, view, signal }: Reads,
  kind: K,
  name: string | undefined,
): Promise<Lookup<ToolhiveModels[K]>> {
  const known = name === undefined ? undefined : view.get(kind, name);
  if (known) return { state: 'found', value: known };
  if (name === undefined || !catalog.live) return { state: 'missing' };
  return catalog.live(kind, view.namespace, name, signal);
}

/** The auth configs that a VirtualMCPServer itself names, as its default or for a backend. */
export function configsNamedBy(server: VirtualMcpServer | undefined): readonly string[] {
  const choices = [server?.defaultAuth, ...Object.values(server?.backendAuth ?? {})];
  return choices.flatMap((choice) => choice?.authConfig ?? []);
}

/** The Secrets of the members' auth and headers, and of the auth that the VirtualMCPServer names. */
function secretNames(
  members: GroupMembers,
  view: NamespaceView,
  server: VirtualMcpServer | undefined,
): readonly string[] {
  const ofMembers = allMembers(members).flatMap(({ authConfig }) => authConfig ?? []);
  const configs = [...new Set([...ofMembers, ...configsNamedBy(server)])];
  const ofAuth = configs.flatMap((name) => {
    const config = view.authConfig(name);
    return config ? authSecrets(config).map(({ ref }) => ref.name) : [];
  });
  const headers = members.entries.flatMap((entry) => entry.headers?.fromSecret ?? []);
  const ofHeaders = headers.map(({ secret }) => secret?.name ?? '');
  return [...ofAuth, ...ofHeaders].filter((name) => name !== '');
}

/**
 * Reads, all at the same time, the ConfigMaps of the entries' CA bundles and, with the setting that allows it, the facts of
 * Secrets. Never throws.
 */
export async function gather(
  { catalog, view, signal }: Reads,
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
): Promise<Pick<EligibilityFacts, 'configMaps' | 'secrets'>> {
  const { namespace } = view;
  const bundles = members.entries.flatMap(({ caBundle }) => (caBundle?.name ? [caBundle.name] : []));
  const read = catalog.secret;
  const [configMaps, secrets] = await Promise.all([
    readEach(bundles, (name) => catalog.configMap(namespace, name, signal)),
    read
      ? readEach(
          secretNames(members, view, server),
          (name): Promise<Lookup<SecretFacts>> => read(namespace, name, signal),
        )
      : undefined,
  ]);
  return { configMaps, secrets };
}

/** The backends that a base config lists. */
interface Listing {
  readonly backends: readonly { readonly name: string | undefined; readonly value: YamlValue }[];
}

/** Objects that are read for one Pod at most: a base config can list thousands of names without an object. */
const MAX_READ = 256;

/** The kinds that a backend of a base config may be of, by what the operator wrote into its metadata. */
function kindsOf(backend: YamlValue): readonly MemberKind[] {
  const metadata = backend instanceof YamlMap ? backend.get('metadata') : undefined;
  const type = metadata instanceof YamlMap ? metadata.get('workload_type') : undefined;
  const kinds = Object.keys(WORKLOAD_TYPES) as MemberKind[];
  const named = kinds.filter((kind) => WORKLOAD_TYPES[kind] === type);
  return named.length > 0 ? named : kinds;
}

/** Backends that the base config lists and that the catalog does not know, or knows as not Valid; each once. */
function doubtful({ backends }: Listing, members: GroupMembers) {
  const isSure = (member: Member) =>
    member.kind !== 'MCPServerEntry' || member.status === undefined || member.status.phase === 'Valid';
  const seen = new Set(
    allMembers(members)
      .filter(isSure)
      .map(({ metadata }) => metadata.name),
  );
  const wanted = backends.flatMap(({ name, value }) => {
    if (name === undefined || seen.has(name) || !isObjectName(name)) return [];
    seen.add(name);
    return kindsOf(value).map((kind) => ({ kind, name }));
  });
  return wanted.slice(0, MAX_READ);
}

function byName(a: Member, b: Member): number {
  return compare(a.metadata.name, b.metadata.name);
}

/**
 * The members of a group. Under bursts of edits the catalog can be behind when a Pod is made, and nothing makes that Pod
 * again. So backends that the base config lists, and that the catalog does not know or knows as not Valid, are read live once
 * before they are excluded, up to {@link MAX_READ} objects. Never throws.
 * @param base the base config that the operator wrote; undefined for a self-managed Pod
 */
export async function freshMembers(
  { catalog, view, signal }: Reads,
  group: string,
  base: Listing | undefined,
): Promise<{ readonly members: GroupMembers; readonly notes: readonly Note[] }> {
  const { live } = catalog;
  const known = view.members(group);
  if (!live || !base) return { members: known, notes: [] };
  const answers = await readEach(
    doubtful(base, known),
    ({ kind, name }): Promise<Lookup<Member>> => live(kind, view.namespace, name, signal),
  );
  const found = [...answers.values()]
    .flatMap((lookup) => (lookup.state === 'found' && lookup.value.group === group ? [lookup.value] : []))
    .sort(byName);
  const message = 'the base config lists it and the catalog was behind, so it was read from the API server';
  const notes = found.map(
    ({ kind, metadata: { name } }): Note => ({ kind, name, reason: 'read-live', message }),
  );
  const isStale = ({ kind, metadata: { name } }: Member) =>
    found.some((one) => one.kind === kind && one.metadata.name === name);
  const members = [...allMembers(known).filter((member) => !isStale(member)), ...found].sort(byName);
  return { members: found.length === 0 ? known : toMembers(members), notes };
}
