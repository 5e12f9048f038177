import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { Pool } from 'undici';
import { type Connection, ConnectionError, type ConnectionSource } from './connection.ts';
import { type Answer, type CallLimits, exchange, type Target } from './exchange.ts';
import type { ApiFailure, ApiResult } from './failure.ts';
import { type BodyLimits, getBody } from './get.ts';
import { RememberedBodies } from './rememberedBodies.ts';
import { MAX_STATUS_BYTES, statusFailure } from './status.ts';

/** How long and how large a GET may be. */
export interface GetLimits extends BodyLimits {
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
const REFRESH_MS = 10_000;
/** Below the 90 s for which the API server keeps an idle connection. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_MS = 5_000;

interface Open {
  readonly connection: Connection;
  /** For long answers: undici has no stream that costs less than node:http's, and its GETs cost half. */
  readonly agent: HttpAgent;
  readonly pool: Pool;
  readonly headers: Readonly<Record<string, string>>;
  readonly prefix: string;
}

function makeAgent({ server, tls }: Connection): HttpAgent {
  return server.protocol === 'http:' ? new HttpAgent(SOCKETS) : new HttpsAgent({ ...SOCKETS, ...tls });
}

function makePool({ server, tls }: Connection): Pool {
  return new Pool(server.origin, {
    connections: SOCKETS.maxSockets ?? null,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Every GET has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: { ...tls, timeout: CONNECT_MS },
  });
}

function targetAt({ connection, agent, headers, prefix }: Open, path: string): Target {
  const { server } = connection;
  return {
    secure: server.protocol === 'https:',
    options: {
      // A URL writes IPv6 addresses in brackets, a socket wants them without.
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: prefix + path,
      agent,
      headers,
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

  function end({ agent, pool }: Open): void {
    agent.destroy();
    pool.destroy().catch(() => {});
  }

  async function load(): Promise<Open> {
    const fresh = refused;
    refused = false;
    const connection = await options.connect(fresh);
    const before = current;
    const same =
      before?.connection.server.href === connection.server.href &&
      isDeepStrictEqual(before.connection.tls, connection.tls);
    // What is left behind ends with its last call; watches on it go on until they end by themselves.
    const kept = before && same ? before : { agent: makeAgent(connection), pool: makePool(connection) };
    if (before && !same) before.pool.close().catch(() => {});
    current = {
      connection,
      agent: kept.agent,
      pool: kept.pool,
      headers: { ...connection.headers, Accept: 'application/json', 'User-Agent': options.userAgent },
      prefix: connection.server.pathname.replace(/\/+$/, ''),
    };
    if (closed) end(current);
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
    const answered = await exchange(targetAt(opened.value, path), limits);
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
      const opened = await open();
      if (!opened.ok) return opened;
      const { pool, prefix, headers } = opened.value;
      const answered = await getBody(pool, { path: prefix + path, headers }, limits);
      if (!answered.ok) return answered;
      const { status, body } = answered.value;
      if (status === 401) refused = true;
      if (status !== 200)
        return {
          ok: false,
          failure: statusFailure(status, answered.value.headers, body.toString('utf8')),
        };
      try {
        const value = limits.remember ? remembered.parse(path, body) : JSON.parse(body.toString('utf8'));
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
      if (current) end(current);
    },
  };
}
