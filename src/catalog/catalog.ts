import type { ConfigMap } from '../kubernetes/configMap.ts';
import type { Labels } from '../kubernetes/labelSelector.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { McpExternalAuthConfig } from '../toolhive/models/authConfig.ts';
import type { McpGroup } from '../toolhive/models/group.ts';
import type { McpRemoteProxy } from '../toolhive/models/remoteProxy.ts';
import type { McpServer } from '../toolhive/models/server.ts';
import type { McpServerEntry } from '../toolhive/models/serverEntry.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import type { ToolhiveModels, ToolhiveObject } from '../toolhive/object.ts';

/** A member of a group: a backend of its vMCPs that is an object. */
export type Member = McpServer | McpRemoteProxy | McpServerEntry;

/** The kinds of members, in the order in which {@link NamespaceView.members} lists them. */
export const MEMBER_KINDS = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'] as const;

export function isMember(object: ToolhiveObject): object is Member {
  return object.kind === 'MCPServerEntry' || object.kind === 'MCPRemoteProxy' || object.kind === 'MCPServer';
}

/** Orders members by kind, as {@link NamespaceView.members} lists them. */
export function byKind(a: Member, b: Member): number {
  return MEMBER_KINDS.indexOf(a.kind) - MEMBER_KINDS.indexOf(b.kind);
}

/** The kinds that injection reads: for the config that it makes, and for the rules about entries that it applies again. */
export const INJECTION_KINDS = [
  'MCPServerEntry',
  'MCPGroup',
  'VirtualMCPServer',
  'MCPServer',
  'MCPRemoteProxy',
  'MCPExternalAuthConfig',
] as const satisfies readonly ToolhiveKind[];

/**
 * What rules and injection may ask about the ToolHive objects of one namespace. All answers are synchronous and
 * from memory, so everything asked within one tick is of one moment.
 */
export interface NamespaceView {
  readonly namespace: string;
  /**
   * Another object after every change of an object of {@link INJECTION_KINDS}: what injection made of the view is right while
   * this is the same.
   */
  readonly revision?: object;
  get<K extends ToolhiveKind>(kind: K, name: string): ToolhiveModels[K] | undefined;
  /** These six are short forms of `get`. */
  entry(name: string): McpServerEntry | undefined;
  group(name: string): McpGroup | undefined;
  virtualServer(name: string): VirtualMcpServer | undefined;
  server(name: string): McpServer | undefined;
  remoteProxy(name: string): McpRemoteProxy | undefined;
  authConfig(name: string): McpExternalAuthConfig | undefined;
  /** The members of a group by kind, each kind sorted by name in byte order. Source: toolhive's discovery lists by `groupRef`. */
  members(group: string): readonly Member[];
  /** The VirtualMCPServers that serve the group, sorted by name. */
  virtualServersOf(group: string): readonly VirtualMcpServer[];
  /**
   * The auth configs whose names ToolHive normalises to the same text as this one, as `a-b` and `a.b`: the variables of
   * their secrets have the same names. A config of this very name is one of them.
   */
  authConfigsLike(name: string): readonly McpExternalAuthConfig[];
  /** The entries, servers and proxies whose `externalAuthConfigRef` names the config, and the vMCPs that choose it. */
  usersOf(authConfig: string): readonly AuthConfigUser[];
  /** The objects whose `references` name the object; none for a kind that they never name. */
  referrersOf(kind: ToolhiveKind, name: string): readonly Referrer[];
}

/** An object that names shared objects. */
export type Referrer = VirtualMcpServer | McpServer | McpRemoteProxy;

/** An object that names an auth config. */
export type AuthConfigUser = Member | VirtualMcpServer;

/** The answer of a read that may fail. `reason` is one line for a person, without secrets. */
export type Lookup<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'missing' }
  | { readonly state: 'unavailable'; readonly reason: string };

/** Which keys a Secret has and whether a value is empty or would break an HTTP header; never the values. */
export interface SecretFacts {
  readonly keys: Readonly<Record<string, { readonly empty: boolean; readonly headerSafe: boolean }>>;
}

/** Reads the metadata of one object now, without the rest of it. Never throws. */
export type ReadMetadata = (namespace: string, name: string, signal: AbortSignal) => Promise<Lookup<unknown>>;

/** Reads of what the metadata of an object tells about it. */
export interface MetadataReads {
  readonly configMap: ReadMetadata;
  /** Present only with the right to get Secrets; RBAC has none for their metadata alone. */
  readonly secret?: ReadMetadata | undefined;
}

/** Whether the copy in memory has been complete once; what it does not hold means nothing before. */
export interface Readiness {
  /** Never false again once it is true. */
  readonly complete: boolean;
  /** Resolves with true when the copy is complete, with false when `signal` aborts first. Never rejects. */
  wait(signal: AbortSignal): Promise<boolean>;
}

/** A readiness that becomes complete when it is opened. */
export class ReadyGate implements Readiness {
  #complete = false;
  readonly #waiting = new Set<() => void>();

  get complete(): boolean {
    return this.#complete;
  }

  open(): void {
    this.#complete = true;
    for (const done of this.#waiting) done();
  }

  wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve(this.#complete);
      };
      if (this.#complete || signal.aborted) return resolve(this.#complete);
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** The copy in memory was not complete before the deadline of a review that needs it. */
export class CatalogNotRead extends Error {
  constructor() {
    super('the catalog has not been read yet');
    this.name = 'CatalogNotRead';
  }
}

/** Waits until the copy is complete. Rejects with {@link CatalogNotRead} when `signal` aborts first. */
export async function untilRead(readiness: Readiness, signal: AbortSignal): Promise<void> {
  if (!(await readiness.wait(signal))) throw new CatalogNotRead();
}

/** An object that decides about a Pod is not in the copy, and could not be read. */
export class ObjectNotRead extends Error {
  constructor(object: string, reason: string) {
    super(`${object} is not known yet and cannot be read (${reason})`);
    this.name = 'ObjectNotRead';
  }
}

/** A review is about a namespace of which the catalog has no copy. */
export class NamespaceNotFollowed extends Error {
  constructor(namespace: string) {
    super(`Namespace "${namespace}" is not among --namespaces`);
    this.name = 'NamespaceNotFollowed';
  }
}

/**
 * Throws a {@link NamespaceNotFollowed} for a namespace that the catalog never reads: there all would look missing, and what two
 * objects must not share would go unseen.
 */
export function assertFollowed({ follows }: Pick<Catalog, 'follows'>, namespace: string): void {
  if (follows && !follows(namespace)) throw new NamespaceNotFollowed(namespace);
}

/** The labels of a namespace decide about a review and could not be read. */
export class NamespaceNotRead extends Error {
  constructor(namespace: string, reason: string) {
    super(`the labels of Namespace "${namespace}" cannot be read (${reason})`);
    this.name = 'NamespaceNotRead';
  }
}

/** The labels of a namespace, which always has its name as one. Rejects with {@link NamespaceNotRead}. */
export async function namespaceLabels(
  catalog: Pick<Catalog, 'labels'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Labels> {
  const lookup = await catalog.labels?.(namespace, signal);
  if (lookup === undefined) throw new NamespaceNotRead(namespace, 'nothing tells them');
  if (lookup.state === 'unavailable') throw new NamespaceNotRead(namespace, lookup.reason);
  const own = lookup.state === 'found' ? lookup.value : {};
  return { ...own, 'kubernetes.io/metadata.name': namespace };
}

/** The cluster, or a folder of manifests, as rules and injection see it. */
export interface Catalog {
  namespace(name: string): NamespaceView;
  /** Absent when the copy is complete from the start. */
  readonly readiness?: Readiness;
  /** Whether the copy has the objects of a namespace; absent when it has those of all. */
  readonly follows?: (namespace: string) => boolean;
  /** Reads one ConfigMap now; never throws, also not when `signal` aborts. */
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<Lookup<ConfigMap>>;
  /** Present only when the operator of the webhook granted `get` on Secrets. */
  readonly secret?: (namespace: string, name: string, signal: AbortSignal) => Promise<Lookup<SecretFacts>>;
  /** The labels of a Namespace; absent when there is nothing that could tell them. Never throws. */
  readonly labels?: (namespace: string, signal: AbortSignal) => Promise<Lookup<Labels>>;
  /**
   * Reads one ToolHive object now, past the copy in memory, for a backend that the copy may not know yet. Absent when
   * there is nothing fresher than the copy. Never throws.
   */
  readonly live?: <K extends ToolhiveKind>(
    kind: K,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<Lookup<ToolhiveModels[K]>>;
  /**
   * Milliseconds since the copy of every kind in the namespace was last known to be right; 0 for manifests, undefined until
   * each has been listed once, and for a namespace that is not followed.
   */
  ageMs(namespace: string): number | undefined;
}

/**
 * A copy that nothing has shown to be right for so long may have missed something. A quiet copy that is followed is a minute
 * old, at times two: the API server sends a bookmark every minute when it has news of etcd.
 */
export const STALE_MS = 180_000;
