import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Connection } from '../../src/apiClient/client.ts';

export type Operation = 'list' | 'look' | 'watch' | 'get';
export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface RawEntry {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; [key: string]: unknown };
  spec: unknown;
}

/** How a server differs from one of plain HTTP that everybody may ask. */
export interface FakeApiOptions {
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** The bearer token without which a request is refused. */
  readonly token?: string;
  /** Sends a bookmark at the start of each watch, and another one as often. */
  readonly bookmarkEveryMs?: number;
  /** Called when a watch was opened. */
  readonly onWatch?: (server: FakeApiServer) => void;
}

/** A collection that never changes: its kind, and its items as JSON, so that a page is joined and not written. */
interface FixedCollection {
  readonly kind: string;
  readonly items: readonly string[];
}

/** Requests that are kept for a look at them. */
const MAX_REQUESTS = 10_000;

interface OpenWatch {
  readonly path: string;
  readonly response: ServerResponse;
}

/** Ends an answer with a `metav1.Status`. */
export function status(code: number, message = 'no', headers: Record<string, string> = {}): Handler {
  return (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, message }));
  };
}

/**
 * An API server from memory, of which each part may be as a test wants it. Its own objects are MCPServerEntries, which change;
 * beside them are {@link FakeApiServer.hold fixed collections} of any kind. The next answers can be replaced.
 */
export class FakeApiServer {
  readonly requests: {
    readonly operation: Operation;
    readonly url: URL;
    readonly headers: IncomingMessage['headers'];
  }[] = [];
  readonly objects = new Map<string, RawEntry>();
  /** Other objects by path, for GETs; a text is JSON already. */
  readonly others = new Map<string, unknown>();
  readonly #fixed = new Map<string, FixedCollection>();
  readonly #options: FakeApiOptions;
  /** Collections that exist; a request for another is a 404. */
  collections = ['/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries'];
  connections = 0;
  /** Collections whose lists and watches are refused with 403. */
  refused: (path: string) => boolean = () => false;
  /** Objects in one page, however many are asked for. */
  pageSize = 1_000;
  revision = 100;
  readonly #server: Server;
  readonly #scripts: { readonly operation: Operation; readonly handler: Handler }[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #log: {
    readonly revision: number;
    readonly object: RawEntry;
    readonly line: string;
  }[] = [];
  #always: ((operation: Operation) => Handler | undefined) | undefined;

  private constructor(server: Server, options: FakeApiOptions) {
    this.#server = server;
    this.#options = options;
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('connection', () => this.connections++);
  }

  static async start(options: FakeApiOptions = {}): Promise<FakeApiServer> {
    const kept = { keepAliveTimeout: 600_000 };
    const { tls } = options;
    const server = tls ? createSecureServer({ ...tls, ...kept }) : createServer(kept);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeApiServer(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connection(): Connection {
    return { server: new URL(`http://127.0.0.1:${this.port}/base/`), headers: {}, tls: {} };
  }

  /** Adds a collection that never changes. */
  hold(path: string, kind: string, objects: readonly object[]): void {
    this.#fixed.set(path, { kind, items: objects.map((object) => JSON.stringify(object)) });
    this.collections.push(path);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** The next request of that operation is answered by the handler. */
  once(operation: Operation, handler: Handler): void {
    this.#scripts.push({ operation, handler });
  }

  /** Every request for which a handler is returned is answered by it, until this is called with undefined. */
  always(choose: ((operation: Operation) => Handler | undefined) | undefined): void {
    this.#always = choose;
  }

  count(operation: Operation): number {
    return this.requests.filter((request) => request.operation === operation).length;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  entry(
    name: string,
    spec: unknown = { remoteUrl: `https://${name}.example/mcp`, groupRef: { name: 'g' } },
    namespace = 'apps',
  ): RawEntry {
    const before = this.objects.get(name);
    return {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: {
        name,
        namespace,
        uid: before?.metadata.uid ?? `uid-${name}`,
        resourceVersion: String(this.revision),
        annotations: { text: 'ü€😀' },
        managedFields: [{ manager: 'x', fieldsV1: { 'f:spec': {} } }],
      },
      spec,
    };
  }

  /** Stores an object; `silently` leaves the open watches uninformed, as a connection that loses data does. */
  put(name: string, spec?: unknown, silently = false, namespace?: string): void {
    this.revision++;
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED';
    const object = this.entry(name, spec, namespace);
    this.objects.set(name, object);
    this.#emit(type, object, silently);
  }

  delete(name: string, silently = false): void {
    this.revision++;
    const object = this.objects.get(name);
    if (!object) return;
    this.objects.delete(name);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.#emit('DELETED', last, silently);
  }

  #emit(type: string, object: RawEntry, silently: boolean): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#log.push({ revision: this.revision, object, line });
    if (!silently) this.#write(line, (path) => holds(path, object));
  }

  /** Writes to every open watch of the entries. */
  send(text: string | Uint8Array): void {
    this.#write(text, (path) => path.endsWith('mcpserverentries'));
  }

  /** Tells every open watch up to where it is. */
  bookmark(): void {
    this.#write(this.#bookmark(), () => true);
  }

  #bookmark(): string {
    const object = { metadata: { resourceVersion: String(this.revision) } };
    return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
  }

  #write(text: string | Uint8Array, isWanted: (path: string) => boolean): void {
    for (const { path, response } of this.#watches) if (isWanted(path)) response.write(text);
  }

  /** Another etcd: everything that ever was is gone, and revisions start again. */
  forget(): void {
    this.objects.clear();
    this.#log.length = 0;
    this.revision = 0;
  }

  /** Ends every open watch: cleanly, or with a reset. */
  endWatches(how: 'clean' | 'reset'): void {
    for (const { response } of this.#watches) {
      if (how === 'clean') response.end();
      else response.socket?.resetAndDestroy();
    }
  }

  /** Ends every open watch with 410 Gone, so that everything is listed again. */
  expireWatches(): void {
    const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired' };
    for (const watch of this.#watches) {
      // Gone at once, so that the watches that follow are counted from nothing.
      this.#watches.delete(watch);
      watch.response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { token } = this.#options;
    const isKnown = token === undefined || request.headers.authorization === `Bearer ${token}`;
    const url = new URL(request.url ?? '/', 'http://x');
    url.pathname = url.pathname.replace(/^\/base/, '');
    const { searchParams } = url;
    const operation: Operation = searchParams.has('watch')
      ? 'watch'
      : searchParams.get('limit') === '1'
        ? 'look'
        : searchParams.has('limit')
          ? 'list'
          : 'get';
    if (this.requests.length < MAX_REQUESTS) this.requests.push({ operation, url, headers: request.headers });
    const handler = this.#always?.(operation) ?? this.#script(operation);
    if (!isKnown) status(401, 'Unauthorized')(request, response, url);
    else if (handler) handler(request, response, url);
    else if (operation === 'get') this.#get(response, url.pathname);
    else if (!this.collections.includes(url.pathname)) status(404, 'not found')(request, response, url);
    else if (this.refused(url.pathname)) status(403)(request, response, url);
    else if (operation === 'watch') this.#watch(response, url);
    else this.#list(response, url);
  }

  #script(operation: Operation): Handler | undefined {
    const index = this.#scripts.findIndex((script) => script.operation === operation);
    return index < 0 ? undefined : this.#scripts.splice(index, 1)[0]?.handler;
  }

  #get(response: ServerResponse, path: string): void {
    const object = this.others.get(path) ?? this.objects.get(path.split('/').at(-1) ?? '');
    if (!object) response.statusCode = 404;
    if (typeof object === 'string') response.end(object);
    else response.end(JSON.stringify(object ?? { kind: 'Status', code: 404, message: 'not found' }));
  }

  #list(response: ServerResponse, url: URL): void {
    const fixed = this.#fixed.get(url.pathname);
    if (fixed === undefined) {
      response.end(JSON.stringify(this.page(url)));
      return;
    }
    const { from, to, metadata } = this.#range(url, fixed.items.length);
    const head = `{"apiVersion":"v1","kind":"${fixed.kind}List","metadata":${JSON.stringify(metadata)}`;
    response.end(`${head},"items":[${fixed.items.slice(from, to).join(',')}]}`);
  }

  /** Which of so many items are on the page that a request asks for. */
  #range({ searchParams }: URL, count: number) {
    const from = Number(searchParams.get('continue') ?? '0');
    const to = from + Math.min(Number(searchParams.get('limit')), this.pageSize);
    const metadata = {
      resourceVersion: String(this.revision),
      ...(to < count && { continue: String(to), remainingItemCount: count - to }),
    };
    return { from, to, metadata };
  }

  /** A page: `continue` is the number of the first item that is still to come. */
  page(url: URL): {
    readonly apiVersion: string;
    items: unknown[];
    readonly kind: string;
    readonly metadata: object;
  } {
    const mine = [...this.objects.values()].filter((object) => holds(url.pathname, object));
    const { from, to, metadata } = this.#range(url, mine.length);
    return { apiVersion: 'v1', items: mine.slice(from, to), kind: 'List', metadata };
  }

  #watch(response: ServerResponse, { pathname: path, searchParams }: URL): void {
    const watch = { path, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    response.writeHead(200);
    response.flushHeaders();
    const from = Number(searchParams.get('resourceVersion'));
    for (const { revision, object, line } of this.#log)
      if (revision > from && holds(path, object)) response.write(line);
    const { bookmarkEveryMs, onWatch } = this.#options;
    if (bookmarkEveryMs !== undefined) {
      response.write(this.#bookmark());
      const timer = setInterval(() => response.write(this.#bookmark()), bookmarkEveryMs);
      response.on('close', () => clearInterval(timer));
    }
    onWatch?.(this);
  }
}

/** Whether the object is one of the collection with that path. */
function holds(path: string, { metadata }: RawEntry): boolean {
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
  return path.endsWith('mcpserverentries') && (namespace === undefined || namespace === metadata.namespace);
}
