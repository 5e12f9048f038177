import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection } from '../../../../src/catalog/kubernetes/connection.ts';

export type Operation = 'list' | 'check' | 'watch' | 'get';
type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface RawEntry {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; [key: string]: unknown };
  spec: unknown;
}

interface OpenWatch {
  readonly collection: string;
  readonly response: ServerResponse;
}

/** Ends an answer with a `metav1.Status`. */
export function status(code: number, message = 'no', headers: Record<string, string> = {}): Handler {
  return (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, message }));
  };
}

/** An API server of plain HTTP with one kind of object, whose next answers a test can replace. */
export class FakeApiServer {
  readonly requests: {
    readonly operation: Operation;
    readonly url: URL;
    readonly headers: IncomingMessage['headers'];
  }[] = [];
  readonly objects = new Map<string, RawEntry>();
  /** Other objects by path, for GETs. */
  readonly others = new Map<string, unknown>();
  /** Collections that exist; a request for another is a 404. */
  collections = ['/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries'];
  connections = 0;
  revision = 100;
  readonly #server: Server;
  readonly #scripts: { readonly operation: Operation; readonly handler: Handler }[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #log: {
    readonly revision: number;
    readonly type: string;
    readonly object: RawEntry;
    readonly line: string;
  }[] = [];
  #always: ((operation: Operation) => Handler | undefined) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('connection', () => this.connections++);
  }

  static async start(): Promise<FakeApiServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeApiServer(server);
  }

  get connection(): Connection {
    const { port } = this.#server.address() as AddressInfo;
    return { server: new URL(`http://127.0.0.1:${port}/base/`), headers: {}, tls: {} };
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
  ): RawEntry {
    const before = this.objects.get(name);
    return {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: {
        name,
        namespace: 'apps',
        uid: before?.metadata.uid ?? `uid-${name}`,
        resourceVersion: String(this.revision),
        annotations: { text: 'ü€😀' },
        managedFields: [{ manager: 'x', fieldsV1: { 'f:spec': {} } }],
      },
      spec,
    };
  }

  /** Stores an object; `silently` leaves the open watches uninformed, as a connection that loses data does. */
  put(name: string, spec?: unknown, silently = false): void {
    this.revision++;
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED';
    const object = this.entry(name, spec);
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
    this.#log.push({ revision: this.revision, type, object, line });
    if (!silently) this.send(line);
  }

  /** Another etcd: everything that ever was is gone, and revisions start again. */
  forget(): void {
    this.objects.clear();
    this.#log.length = 0;
    this.revision = 0;
  }

  /** Writes to every open watch of the entries. */
  send(text: string | Uint8Array): void {
    for (const watch of this.#watches)
      if (watch.collection.endsWith('mcpserverentries')) watch.response.write(text);
  }

  /** Ends every open watch: cleanly, or with a reset. */
  endWatches(how: 'clean' | 'reset'): void {
    for (const { response } of this.#watches) {
      if (how === 'clean') response.end();
      else response.socket?.resetAndDestroy();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    url.pathname = url.pathname.replace(/^\/base/, '');
    const { searchParams } = url;
    const operation: Operation = searchParams.has('watch')
      ? 'watch'
      : searchParams.get('limit') === '1'
        ? 'check'
        : searchParams.has('limit')
          ? 'list'
          : 'get';
    this.requests.push({ operation, url, headers: request.headers });
    const handler = this.#always?.(operation) ?? this.#script(operation);
    if (handler) handler(request, response, url);
    else if (operation === 'get') this.#get(response, url.pathname);
    else if (!this.collections.includes(url.pathname)) status(404, 'not found')(request, response, url);
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
    response.end(JSON.stringify(object ?? { kind: 'Status', code: 404, message: 'not found' }));
  }

  /** A page: `continue` is the number of the first item that is still to come. */
  page(url: URL): unknown {
    const { searchParams } = url;
    const exact =
      searchParams.get('resourceVersionMatch') === 'Exact' ? searchParams.get('resourceVersion') : null;
    const objects = exact === null ? [...this.objects.values()] : this.#at(Number(exact));
    const mine = url.pathname.endsWith('mcpserverentries') ? objects : [];
    const from = Number(url.searchParams.get('continue') ?? '0');
    const to = from + Number(url.searchParams.get('limit'));
    const metadata = {
      resourceVersion: String(this.revision),
      ...(to < mine.length && { continue: String(to), remainingItemCount: mine.length - to }),
    };
    return { apiVersion: 'v1', items: mine.slice(from, to), kind: 'List', metadata };
  }

  /** The objects as they were then; those that a test stored past `put` have always been there. */
  #at(revision: number): RawEntry[] {
    const logged = new Set(this.#log.map(({ object }) => object.metadata.name));
    const then = new Map([...this.objects].filter(([name]) => !logged.has(name)));
    for (const event of this.#log) {
      if (event.revision > revision) continue;
      if (event.type === 'DELETED') then.delete(event.object.metadata.name);
      else then.set(event.object.metadata.name, event.object);
    }
    return [...then.values()];
  }

  #list(response: ServerResponse, url: URL): void {
    if (Number(url.searchParams.get('resourceVersion') ?? '0') > this.revision) {
      response.writeHead(504, { 'content-type': 'application/json' });
      response.end('{"kind":"Status","apiVersion":"v1","code":504,"message":"Too large resource version"}');
      return;
    }
    response.end(JSON.stringify(this.page(url)));
  }

  #watch(response: ServerResponse, url: URL): void {
    const watch = { collection: url.pathname, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    response.writeHead(200);
    response.flushHeaders();
    if (!url.pathname.endsWith('mcpserverentries')) return;
    const from = Number(url.searchParams.get('resourceVersion'));
    for (const { revision, line } of this.#log) if (revision > from) response.write(line);
  }
}
