import { isDeepStrictEqual } from 'node:util';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { McpExternalAuthConfig } from '../toolhive/models/authConfig.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { normalise } from '../toolhive/names.ts';
import type { ToolhiveModels, ToolhiveObject } from '../toolhive/object.ts';
import {
  type AuthConfigUser,
  INJECTION_KINDS,
  MEMBER_KINDS,
  type Member,
  type NamespaceView,
  type Referrer,
} from './catalog.ts';

/** One list for every key without objects, so that all groups without members have the same members. */
const NONE: readonly never[] = [];

/** The kinds that may name an auth config, in the order in which its users are told. */
const AUTH_CONFIG_USERS = ['MCPRemoteProxy', 'MCPServer', 'MCPServerEntry', 'VirtualMCPServer'] as const;
/** The kinds that name shared objects, in the order in which they are told. */
const REFERRERS = ['MCPRemoteProxy', 'MCPServer', 'VirtualMCPServer'] as const;

const inGroup = (group: string) => `group ${group}`;
const usingAuthConfig = (name: string) => `authConfig ${name}`;
const referringTo = (kind: ToolhiveKind, name: string) => `${kind} ${name}`;
const namedLike = (name: string) => `like ${normalise(name)}`;

/** The auth configs that an object names: its own reference, or the choices of a VirtualMCPServer. */
function authConfigsOf(object: ToolhiveObject): readonly string[] {
  if (object.kind === 'VirtualMCPServer') {
    const choices = [object.defaultAuth, ...Object.values(object.backendAuth)];
    return choices.flatMap((choice) => choice?.authConfig ?? []);
  }
  return 'authConfig' in object && object.authConfig !== undefined ? [object.authConfig] : NONE;
}

/** What an object is found by, beside its name. */
function indexKeys(object: ToolhiveObject): ReadonlySet<string> {
  const keys = authConfigsOf(object).map(usingAuthConfig);
  if ('group' in object && object.group !== undefined) keys.push(inGroup(object.group));
  if ('references' in object)
    for (const { kind, name } of object.references) keys.push(referringTo(kind, name));
  if (object.kind === 'MCPExternalAuthConfig') keys.push(namedLike(object.metadata.name));
  return new Set(keys);
}

function byName(a: ToolhiveObject, b: ToolhiveObject): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

/** The objects of one kind by name and by index key. A change costs the re-sorting of the lists that it is in. */
class Indexer<T extends ToolhiveObject> {
  readonly #byName = new Map<string, T>();
  readonly #byKey = new Map<string, { readonly objects: Set<T>; sorted: readonly T[] | undefined }>();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  put(object: T): void {
    this.delete(object.metadata.name);
    this.#byName.set(object.metadata.name, object);
    for (const key of indexKeys(object)) {
      const found = this.#byKey.get(key) ?? { objects: new Set(), sorted: undefined };
      found.objects.add(object);
      found.sorted = undefined;
      this.#byKey.set(key, found);
    }
  }

  delete(name: string): void {
    const object = this.#byName.get(name);
    if (!object) return;
    this.#byName.delete(name);
    for (const key of indexKeys(object)) {
      const found = this.#byKey.get(key);
      found?.objects.delete(object);
      if (found) found.sorted = undefined;
      if (found?.objects.size === 0) this.#byKey.delete(key);
    }
  }

  /** Sorted by name in byte order of their UTF-16 code units (names are ASCII); the same list until one of them changes. */
  list(key: string): readonly T[] {
    const found = this.#byKey.get(key);
    if (!found) return NONE;
    found.sorted ??= [...found.objects].sort(byName);
    return found.sorted;
  }
}

/** The objects of one namespace. */
class NamespaceStore implements NamespaceView {
  readonly namespace: string;
  #revision: object = {};
  readonly #kinds = new Map<ToolhiveKind, Indexer<ToolhiveObject>>();
  /** By the first list that is not empty, which belongs to one group only and goes with its last change. */
  readonly #members = new WeakMap<object, { lists: readonly object[]; members: readonly Member[] }>();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get revision(): object {
    return this.#revision;
  }

  get empty(): boolean {
    return [...this.#kinds.values()].every(({ size }) => size === 0);
  }

  /** A model that is the same as before changes nothing: most writes of a status leave it so, and so does another list. */
  put(object: ToolhiveObject): void {
    const indexer = this.#kinds.get(object.kind) ?? new Indexer();
    if (isDeepStrictEqual(indexer.get(object.metadata.name), object)) return;
    this.#kinds.set(object.kind, indexer);
    indexer.put(object);
    this.#changed(object.kind);
  }

  delete(kind: ToolhiveKind, name: string): void {
    if (this.get(kind, name) === undefined) return;
    this.#kinds.get(kind)?.delete(name);
    this.#changed(kind);
  }

  #changed(kind: ToolhiveKind): void {
    if (INJECTION_KINDS.some((read) => read === kind)) this.#revision = {};
  }

  get<K extends ToolhiveKind>(kind: K, name: string): ToolhiveModels[K] | undefined {
    return this.#kinds.get(kind)?.get(name) as ToolhiveModels[K] | undefined;
  }

  #list<K extends ToolhiveKind>(kind: K, key: string): readonly ToolhiveModels[K][] {
    return (this.#kinds.get(kind)?.list(key) ?? NONE) as readonly ToolhiveModels[K][];
  }

  entry(name: string): ToolhiveModels['MCPServerEntry'] | undefined {
    return this.get('MCPServerEntry', name);
  }
  group(name: string): ToolhiveModels['MCPGroup'] | undefined {
    return this.get('MCPGroup', name);
  }
  virtualServer(name: string): VirtualMcpServer | undefined {
    return this.get('VirtualMCPServer', name);
  }
  server(name: string): ToolhiveModels['MCPServer'] | undefined {
    return this.get('MCPServer', name);
  }
  remoteProxy(name: string): ToolhiveModels['MCPRemoteProxy'] | undefined {
    return this.get('MCPRemoteProxy', name);
  }
  authConfig(name: string): McpExternalAuthConfig | undefined {
    return this.get('MCPExternalAuthConfig', name);
  }

  /** The same object while the members are the same. */
  members(group: string): readonly Member[] {
    const lists = MEMBER_KINDS.map((kind): readonly Member[] => this.#list(kind, inGroup(group)));
    const key = lists.find(({ length }) => length > 0) ?? NONE;
    const known = this.#members.get(key);
    if (known && lists.every((list, index) => list === known.lists[index])) return known.members;
    const members = lists.flat();
    this.#members.set(key, { lists, members });
    return members;
  }

  virtualServersOf(group: string): readonly VirtualMcpServer[] {
    return this.#list('VirtualMCPServer', inGroup(group));
  }

  authConfigsLike(name: string): readonly McpExternalAuthConfig[] {
    return this.#list('MCPExternalAuthConfig', namedLike(name));
  }

  usersOf(authConfig: string): readonly AuthConfigUser[] {
    return AUTH_CONFIG_USERS.flatMap((kind): readonly AuthConfigUser[] =>
      this.#list(kind, usingAuthConfig(authConfig)),
    );
  }

  referrersOf(kind: ToolhiveKind, name: string): readonly Referrer[] {
    return REFERRERS.flatMap((each): readonly Referrer[] => this.#list(each, referringTo(kind, name)));
  }
}

/** Told of each change: the object before, undefined when it is new, and after, undefined when it is gone. */
export type ChangeListener = (before: ToolhiveObject | undefined, after: ToolhiveObject | undefined) => void;

/** All ToolHive objects that a catalog knows, by namespace. */
export class ToolhiveStore {
  readonly #namespaces = new Map<string, NamespaceStore>();
  readonly #changed: ChangeListener;

  constructor(changed: ChangeListener = () => {}) {
    this.#changed = changed;
  }

  namespace(name: string): NamespaceView {
    return this.#namespaces.get(name) ?? new NamespaceStore(name);
  }

  put(object: ToolhiveObject): void {
    const { namespace, name } = object.metadata;
    const store = this.#namespaces.get(namespace) ?? new NamespaceStore(namespace);
    this.#namespaces.set(namespace, store);
    const before = store.get(object.kind, name);
    store.put(object);
    if (store.get(object.kind, name) !== before) this.#changed(before, object);
  }

  delete(kind: ToolhiveKind, namespace: string, name: string): void {
    const store = this.#namespaces.get(namespace);
    if (!store) return;
    const before = store.get(kind, name);
    store.delete(kind, name);
    if (before) this.#changed(before, undefined);
    if (store.empty) this.#namespaces.delete(namespace);
  }
}
