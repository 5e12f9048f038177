import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer as createHttpsServer, request, type Server } from 'node:https';
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { newGeneration } from '../support/certificates.ts';

/** What the proxy does instead of passing on. Whatever is undefined is passed on as it is. */
export interface Fault {
  /** TCP: connections are reset, or go on without a byte ever arriving again (half-open, also after the fault). */
  readonly connections?: 'reset' | 'freeze';
  /** Answers a request itself; returns false to pass it on. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Changes the body of a list on its way; watches are not changed by it. */
  readonly list?: (body: Buffer) => Buffer;
}

/** The API server behind the proxy. */
export interface Upstream {
  readonly url: string;
  readonly ca: string;
}

function closed(server: NetServer | Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function listening(server: NetServer | Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** True for a request that opens a watch. */
export function isWatch(incoming: IncomingMessage): boolean {
  return /[?&]watch=(true|1)/.test(incoming.url ?? '');
}

/**
 * Stands between the webhook and the API server: a TCP relay that can reset and freeze connections, before an HTTPS
 * server with a certificate of its own that can answer falsely. Counts what it is asked.
 */
export class FaultProxy {
  readonly ca: string;
  readonly port: number;
  readonly #relay: NetServer;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #pairs = new Map<Socket, Socket>();
  #upstream: Upstream;
  #fault: Fault | undefined;
  /** Requests since the proxy was started. */
  requests = 0;

  private constructor(upstream: Upstream, relay: NetServer, server: Server, port: number, ca: string) {
    this.#upstream = upstream;
    this.#relay = relay;
    this.#server = server;
    this.port = port;
    this.ca = ca;
  }

  static async start(upstream: Upstream): Promise<FaultProxy> {
    const { authority, leaf } = await newGeneration('proxy');
    const server = createHttpsServer({ cert: leaf.cert, key: leaf.key, requestTimeout: 0 });
    const inner = await listening(server);
    const relay = createServer();
    const port = await listening(relay);
    const proxy = new FaultProxy(upstream, relay, server, port, authority.cert);
    relay.on('connection', (socket: Socket) => proxy.#connect(socket, inner));
    server.on('request', (incoming, response) => proxy.#pass(incoming, response));
    return proxy;
  }

  /** Another API server from now on. */
  follow(upstream: Upstream): void {
    this.#upstream = upstream;
  }

  /** From now on the fault; connections that are open are reset first, unless they freeze. */
  begin(fault: Fault): void {
    this.#fault = fault;
    for (const [outer, inner] of this.#pairs)
      if (fault.connections === 'freeze') this.#freeze(outer, inner);
      else outer.resetAndDestroy();
  }

  end(): void {
    this.#fault = undefined;
  }

  async close(): Promise<void> {
    for (const [outer, inner] of this.#pairs) {
      outer.destroy();
      inner.destroy();
    }
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await Promise.all([closed(this.#relay), closed(this.#server)]);
  }

  #freeze(outer: Socket, inner: Socket): void {
    outer.unpipe(inner).resume();
    inner.unpipe(outer).resume();
  }

  #connect(outer: Socket, port: number): void {
    if (this.#fault?.connections === 'reset') {
      outer.resetAndDestroy();
      return;
    }
    const inner = connect(port, '127.0.0.1');
    this.#pairs.set(outer, inner);
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(outer);
        // A frozen connection says nothing to the other side, not even that it ended.
        if (socket.listenerCount('data') === 0) other.destroy();
      });
    }
    outer.pipe(inner);
    inner.pipe(outer);
    if (this.#fault?.connections === 'freeze') this.#freeze(outer, inner);
    outer.on('close', () => inner.destroy());
    inner.on('close', () => this.#fault?.connections !== 'freeze' && outer.destroy());
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    this.requests++;
    const fault = this.#fault;
    if (fault?.answer?.(incoming, response)) return;
    const onward = request(
      new URL(incoming.url ?? '/', this.#upstream.url),
      {
        agent: this.#agent,
        ca: this.#upstream.ca,
        method: incoming.method ?? 'GET',
        headers: { ...incoming.headers, host: new URL(this.#upstream.url).host },
      },
      (answer) => {
        const status = answer.statusCode ?? 502;
        if (fault?.list && !isWatch(incoming) && status === 200) {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            response.writeHead(200, { 'Content-Type': 'application/json' });
            response.end(fault.list?.(Buffer.concat(chunks)));
          });
          return;
        }
        response.writeHead(status, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}
