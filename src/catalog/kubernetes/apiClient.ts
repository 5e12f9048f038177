import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { type Connection, ConnectionError, type ConnectionSource } from './connection.ts';
import { type Answer, type CallLimits, exchange, type Target } from './exchange.ts';
import type { ApiFailure, ApiResult } from './failure.ts';
import { RememberedBodies } from './rememberedBodies.ts';
import { statusFailure } from './status.ts';

/** How long and how large a GET may be. */
export interface GetLimits extends CallLimits {
  readonly maxBytes: number;
  /** Whether the same answer may be given as the same object again; not for what must not be kept. */
  readonly remember?: boolean;
}

/** What the catalog asks of an API server. No method rejects. */
export interface ApiClient {
  /** GETs a JSON value. `path` is absolute and encoded, with its query. */
  get(path: string, limits: GetLimits): Promise<ApiResult<unknown>>;
  /** Opens a long answer. The deadline counts until it begins; the chunks throw when the connection breaks. */
  stream(path: string, limits: CallLimits): Promise<ApiResult<AsyncIterable<Uint8Array>>>;
  /** Closes every connection. */
  close(): void;
}

export interface ApiClientOptions {
  readonly connect: ConnectionSource;
  readonly userAgent: string;
  /** How long credentials are used before the source is asked again, in milliseconds. */
  readonly refreshMs?: number;
}

/** Watches hold a socket each, reads share the rest; more reads wait for a socket within their deadline. */
const SOCKETS: AgentOptions = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8, scheduling: 'lifo' };
/** Of an answer that is no success, only the start is read. */
const MAX_STATUS_BYTES = 64 * 1024;
const REFRESH_MS = 10_000;

interface Open {
  readonly connection: Connection;
  readonly agent: HttpAgent;
}

function makeAgent({ server, tls }: Connection): HttpAgent {
  return server.protocol === 'http:' ? new HttpAgent(SOCKETS) : new HttpsAgent({ ...SOCKETS, ...tls });
}

function targetAt({ connection, agent }: Open, path: string, userAgent: string): Target {
  const { server, headers } = connection;
  return {
    secure: server.protocol === 'https:',
    options: {
      // A URL writes IPv6 addresses in brackets, a socket wants them without.
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: server.pathname.replace(/\/+$/, '') + path,
      agent,
      headers: { ...headers, Accept: 'application/json', 'User-Agent': userAgent },
    },
  };
}

/** The whole body. By events: an iteration costs as much again as the request. */
function readBody({ response, failure }: Answer, maxBytes: number): Promise<ApiResult<Buffer>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: unknown) => resolve({ ok: false, failure: failure(error) });
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxBytes) return;
      resolve({ ok: false, failure: { kind: 'tooLarge', limit: maxBytes } });
      response.destroy();
    });
    response.on('end', () => resolve({ ok: true, value: Buffer.concat(chunks, bytes) }));
    response.on('error', fail);
    // After an end this says nothing new.
    response.on('close', fail);
  });
}

/**
 * A client over one keep-alive agent. Credentials are asked for again every few seconds and after each 401; when they
 * cannot be read any more, the last good ones are used. A new agent is made only when the TLS material changed.
 */
export function makeApiClient(options: ApiClientOptions): ApiClient {
  const refreshMs = options.refreshMs ?? REFRESH_MS;
  let current: Open | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let refused = false;
  let loading: Promise<Open> | undefined;
  let closed = false;
  const remembered = new RememberedBodies();

  async function load(): Promise<Open> {
    const fresh = refused;
    refused = false;
    const connection = await options.connect(fresh);
    const before = current;
    const same =
      before?.connection.server.href === connection.server.href &&
      isDeepStrictEqual(before.connection.tls, connection.tls);
    // The agent that is left behind ends with its last call; watches on it go on until they end by themselves.
    current = { connection, agent: before && same ? before.agent : makeAgent(connection) };
    if (closed) current.agent.destroy();
    return current;
  }

  async function open(): Promise<ApiResult<Open>> {
    if (current && !refused && performance.now() - loadedAt < refreshMs) return { ok: true, value: current };
    loading ??= load().finally(() => {
      loading = undefined;
      loadedAt = performance.now();
    });
    try {
      return { ok: true, value: await loading };
    } catch (error) {
      if (current) return { ok: true, value: current };
      const message = error instanceof ConnectionError ? error.message : 'unexpected error';
      return { ok: false, failure: { kind: 'credentials', message } };
    }
  }

  /** The answer when it is a 200, else what it stands for. */
  async function send(path: string, limits: CallLimits): Promise<ApiResult<Answer>> {
    const opened = await open();
    if (!opened.ok) return opened;
    const answered = await exchange(targetAt(opened.value, path, options.userAgent), limits);
    if (!answered.ok) return answered;
    const { response } = answered.value;
    const status = response.statusCode ?? 0;
    if (status === 200) return answered;
    if (status === 401) refused = true;
    const body = await readBody(answered.value, MAX_STATUS_BYTES);
    const text = body.ok ? body.value.toString('utf8') : '';
    return { ok: false, failure: statusFailure(status, response.headers, text) };
  }

  return {
    async get(path, limits) {
      const answered = await send(path, limits);
      if (!answered.ok) return answered;
      const body = await readBody(answered.value, limits.maxBytes);
      if (!body.ok) return body;
      try {
        const value = limits.remember
          ? remembered.parse(path, body.value)
          : JSON.parse(body.value.toString('utf8'));
        return { ok: true, value };
      } catch {
        const failure: ApiFailure = { kind: 'malformed', message: 'it is no JSON' };
        return { ok: false, failure };
      }
    },
    async stream(path, limits) {
      const answered = await send(path, limits);
      if (!answered.ok) return answered;
      answered.value.keep();
      return { ok: true, value: answered.value.response };
    },
    close() {
      closed = true;
      current?.agent.destroy();
    },
  };
}
