import type { McpExternalAuthConfig } from '../toolhive/authConfig.ts';
import type { McpGroup } from '../toolhive/group.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import type { McpRemoteProxy } from '../toolhive/remoteProxy.ts';
import type { McpServer } from '../toolhive/server.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { AuthConfigIndex } from './authConfigIndex.ts';
import type { AuthConfigUser, GroupMembers, NamespaceView } from './catalog.ts';
import { GroupIndex } from './groupIndex.ts';

/** The objects of one namespace. */
class NamespaceStore implements NamespaceView {
  readonly namespace: string;
  #revision: object = {};
  readonly #entries = new GroupIndex<McpServerEntry>();
  readonly #servers = new GroupIndex<McpServer>();
  readonly #remoteProxies = new GroupIndex<McpRemoteProxy>();
  readonly #virtualServers = new GroupIndex<VirtualMcpServer>();
  readonly #groups = new Map<string, McpGroup>();
  readonly #authConfigs = new AuthConfigIndex();
  /** By the first list that is not empty, which belongs to one group only and goes with its last change. */
  readonly #members = new WeakMap<object, GroupMembers>();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get revision(): object {
    return this.#revision;
  }

  get empty(): boolean {
    return (
      this.#entries.size + this.#servers.size + this.#remoteProxies.size + this.#virtualServers.size === 0 &&
      this.#groups.size + this.#authConfigs.size === 0
    );
  }

  put(object: ToolhiveObject): void {
    const { name } = object.metadata;
    this.#revision = {};
    if (object.kind === 'MCPServerEntry') this.#entries.put(object);
    else if (object.kind === 'MCPServer') this.#servers.put(object);
    else if (object.kind === 'MCPRemoteProxy') this.#remoteProxies.put(object);
    else if (object.kind === 'VirtualMCPServer') this.#virtualServers.put(object);
    else if (object.kind === 'MCPGroup') this.#groups.set(name, object);
    else this.#authConfigs.put(object);
  }

  delete(kind: ToolhiveKind, name: string): void {
    this.#revision = {};
    const maps = {
      MCPServerEntry: this.#entries,
      MCPServer: this.#servers,
      MCPRemoteProxy: this.#remoteProxies,
      VirtualMCPServer: this.#virtualServers,
      MCPGroup: this.#groups,
      MCPExternalAuthConfig: this.#authConfigs,
    } as const;
    maps[kind].delete(name);
  }

  entry(name: string): McpServerEntry | undefined {
    return this.#entries.get(name);
  }
  group(name: string): McpGroup | undefined {
    return this.#groups.get(name);
  }
  virtualServer(name: string): VirtualMcpServer | undefined {
    return this.#virtualServers.get(name);
  }
  server(name: string): McpServer | undefined {
    return this.#servers.get(name);
  }
  remoteProxy(name: string): McpRemoteProxy | undefined {
    return this.#remoteProxies.get(name);
  }
  authConfig(name: string): McpExternalAuthConfig | undefined {
    return this.#authConfigs.get(name);
  }

  /** The same object while the members are the same. */
  members(group: string): GroupMembers {
    const servers = this.#servers.list(group);
    const remoteProxies = this.#remoteProxies.list(group);
    const entries = this.#entries.list(group);
    const key = entries.length > 0 ? entries : servers.length > 0 ? servers : remoteProxies;
    const known = this.#members.get(key);
    if (known?.servers === servers && known.remoteProxies === remoteProxies && known.entries === entries)
      return known;
    const members = { servers, remoteProxies, entries };
    this.#members.set(key, members);
    return members;
  }

  virtualServersOf(group: string): readonly VirtualMcpServer[] {
    return this.#virtualServers.list(group);
  }

  authConfigsLike(name: string): readonly McpExternalAuthConfig[] {
    return this.#authConfigs.like(name);
  }

  usersOf(authConfig: string): readonly AuthConfigUser[] {
    const users: AuthConfigUser[] = [
      ...this.#servers.usersOf(authConfig),
      ...this.#remoteProxies.usersOf(authConfig),
      ...this.#entries.usersOf(authConfig),
      ...this.#virtualServers.usersOf(authConfig),
    ];
    const key = ({ kind, metadata }: AuthConfigUser) => `${kind} ${metadata.name}`;
    return users.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

/** All ToolHive objects that a catalog knows, by namespace. */
export class ToolhiveStore {
  readonly #namespaces = new Map<string, NamespaceStore>();

  namespace(name: string): NamespaceView {
    return this.#namespaces.get(name) ?? new NamespaceStore(name);
  }

  put(object: ToolhiveObject): void {
    const { namespace } = object.metadata;
    let store = this.#namespaces.get(namespace);
    if (!store) {
      store = new NamespaceStore(namespace);
      this.#namespaces.set(namespace, store);
    }
    store.put(object);
  }

  delete(kind: ToolhiveKind, namespace: string, name: string): void {
    const store = this.#namespaces.get(namespace);
    if (!store) return;
    store.delete(kind, name);
    if (store.empty) this.#namespaces.delete(namespace);
  }
}
