import {
  byKind,
  type Catalog,
  type Lookup,
  MEMBER_KINDS,
  type Member,
  type NamespaceView,
} from '../../catalog/catalog.ts';
import { Turns } from '../../concurrency/turns.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { valueAt } from '../../kubernetes/record.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { ToolhiveModels } from '../../toolhive/object.ts';
import { toData, type YamlValue } from '../../yaml/values.ts';
import { compare } from '../contract.ts';
import type { Note } from '../report/reasons.ts';
import { type MemberKind, WORKLOAD_TYPES } from './backend.ts';
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
  if (name === undefined) return { state: 'missing' };
  const known = view.get(kind, name);
  if (known) return { state: 'found', value: known };
  return catalog.live?.(kind, view.namespace, name, signal) ?? { state: 'missing' };
}

/** The auth configs that a VirtualMCPServer itself names, as its default or for a backend. */
export function configsNamedBy(server: VirtualMcpServer | undefined): readonly string[] {
  const choices = [server?.defaultAuth, ...Object.values(server?.backendAuth ?? {})];
  return choices.flatMap((choice) => choice?.authConfig ?? []);
}

function entriesOf(members: readonly Member[]) {
  return members.filter((member) => member.kind === 'MCPServerEntry');
}

/** The Secrets of the members' auth and headers, and of the auth that the VirtualMCPServer names. */
function secretNames(
  members: readonly Member[],
  view: NamespaceView,
  server: VirtualMcpServer | undefined,
): readonly string[] {
  const ofMembers = members.flatMap(({ authConfig }) => authConfig ?? []);
  const named = new Set([...ofMembers, ...configsNamedBy(server)]);
  const configs = [...named].flatMap((name) => view.authConfig(name) ?? []);
  const headers = entriesOf(members).flatMap((entry) => entry.headers?.fromSecret ?? []);
  const refs = [
    ...configs.flatMap(authSecrets).map(({ ref }) => ref),
    ...headers.map(({ secret }) => secret),
  ];
  return refs.flatMap((ref) => ref?.name || []);
}

/**
 * Reads, all at the same time, the ConfigMaps of the entries' CA bundles and, with the setting that allows it, the facts of
 * Secrets. Never throws.
 */
export async function gather(
  { catalog, view, signal }: Reads,
  members: readonly Member[],
  server: VirtualMcpServer | undefined,
): Promise<Pick<EligibilityFacts, 'configMaps' | 'secrets'>> {
  const { namespace } = view;
  const bundles = entriesOf(members).flatMap(({ caBundle }) => (caBundle?.name ? [caBundle.name] : []));
  const read = catalog.secret;
  const [configMaps, secrets] = await Promise.all([
    readEach(bundles, (name) => catalog.configMap(namespace, name, signal)),
    read && readEach(secretNames(members, view, server), (name) => read(namespace, name, signal)),
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
  const type = valueAt(toData(backend), 'metadata', 'workload_type');
  const named = MEMBER_KINDS.filter((kind) => WORKLOAD_TYPES[kind] === type);
  return named.length > 0 ? named : MEMBER_KINDS;
}

/** Backends that the base config lists and that the catalog does not know, or knows as not Valid; each once. */
function doubtful({ backends }: Listing, members: readonly Member[]): readonly Doubtful[] {
  const isSure = (member: Member) =>
    member.kind !== 'MCPServerEntry' || member.status === undefined || member.status.phase === 'Valid';
  const seen = new Set(members.filter(isSure).map(({ metadata }) => metadata.name));
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

/** An object that is read live. */
interface Doubtful {
  readonly kind: MemberKind;
  readonly name: string;
}

function readNote({ kind, metadata: { name } }: Member): Note {
  const message = 'the base config lists it and the catalog was behind, so it was read from the API server';
  return { kind, name, reason: 'read-live', message };
}

/** A note for each object that could not be read. */
function unreadNotes(answers: ReadonlyMap<Doubtful, Lookup<Member>>): Note[] {
  return [...answers].flatMap(([{ kind, name }, lookup]) => {
    if (lookup.state !== 'unavailable') return [];
    const message = `the base config lists it, and it could not be read from the API server (${lookup.reason}), so the copy in memory decided whether it is served`;
    return { kind, name, reason: 'not-read-live', message };
  });
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
): Promise<{ readonly members: readonly Member[]; readonly notes: readonly Note[] }> {
  const { live } = catalog;
  const known = view.members(group);
  if (!live || !base) return { members: known, notes: [] };
  const answers = await readEach(doubtful(base, known), ({ kind, name }) =>
    live(kind, view.namespace, name, signal),
  );
  const found = [...answers.values()]
    .flatMap((lookup) => (lookup.state === 'found' && lookup.value.group === group ? lookup.value : []))
    .sort(byName);
  const notes = [...found.map(readNote), ...unreadNotes(answers)];
  if (found.length === 0) return { members: known, notes };
  const keyOf = ({ kind, metadata: { name } }: Member) => `${kind}/${name}`;
  const all = new Map([...known, ...found].map((member) => [keyOf(member), member]));
  return { members: [...all.values()].sort((a, b) => byKind(a, b) || byName(a, b)), notes };
}
