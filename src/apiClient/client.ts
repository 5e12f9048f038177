import type { IncomingHttpHeaders } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { Pool } from 'undici';
import { oneAtATime } from '../concurrency/oneAtATime.ts';
import { ApiError, ConnectionError, networkError, statusError } from './errors.ts';
import { type Answer, type AnswerLimits, wholeAnswer } from './wholeAnswer.ts';

/** Where the API server is and who calls it. Holds credentials: never log it. */
export interface Connection {
  /** Scheme, host, port and perhaps a path prefix. `http:` is for kubectl proxy and tests on the same machine. */
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Readonly<
    Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>
  >;
  /** The namespace of the kubeconfig's context, when it names one. */
  readonly namespace?: string;
}

/**
 * Finds out how to reach the API server. Called again from time to time, since tokens and certificates are rotated;
 * `fresh` asks to forget everything that was read before. Rejects with a ConnectionError when something cannot be used.
 */
export type ConnectionSource = (fresh: boolean) => Promise<Connection>;

export type Chunks = AsyncIterable<Uint8Array>;

export interface GetOptions extends AnswerLimits {
  /** Asks for the metadata alone: what else an object has is not sent. */
  readonly metadataOnly?: boolean;
}

/** GETs of an API server. Paths are absolute and encoded, with their query. Each method rejects with an ApiError. */
export interface ApiClient {
  /** The body of one object, for a review. At most 64 of these are sent at a time, the others wait within their deadline. */
  get(path: string, options: GetOptions): Promise<Buffer>;
  /** The body of one page of a list. Never waits for another request. */
  page(path: string, limits: AnswerLimits): Promise<Buffer>;
  /** The body of a watch as it arrives, until the signal aborts. Never waits for another request. */
  watch(path: string, signal: AbortSignal): Promise<Chunks>;
  /** Closes every connection; what is under way rejects. */
  close(): void;
}

export interface ApiClientOptions {
  readonly connect: ConnectionSource;
  /** `name/version`, for the audit log of the API server. */
  readonly userAgent: string;
  /** How long credentials are used before the source is asked again, in milliseconds. */
  readonly refreshMs?: number;
}

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
/** The answer to a watch that was not accepted is read up to here, in bytes. */
const MAX_STATUS_BYTES = 64 * 1_024;
const MAX_GETS = 64;
const REFRESH_MS = 10_000;
/** Below the 90 s for which the API server keeps an idle connection. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_MS = 5_000;
/** When TCP keep-alive begins. libuv then sends ten probes, one a second, so a dead peer is noticed within 20 s. */
const TCP_PROBE_MS = 10_000;

interface Open {
  readonly connection: Connection;
  /** For the reads of reviews, of which a burst may bring thousands. */
  readonly capped: Pool;
  /** For lists and watches: a watch holds its connection, so a cap would let one watch wait for the end of another. */
  readonly uncapped: Pool;
  readonly headers: Readonly<Record<string, string>>;
  readonly prefix: string;
}

function poolOf({ server, tls }: Connection, connections: number | null): Pool {
  return new Pool(server.origin, {
    connections,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Each request has a deadline or signal of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: { ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: TCP_PROBE_MS },
  });
}

function statusErrorOf(status: number, headers: IncomingHttpHeaders, body: string): ApiError {
  try {
    return statusError(JSON.parse(body), status, headers);
  } catch {
    // A proxy's page of HTML says nothing that the status does not.
    return statusError(undefined, status, headers);
  }
}

/** The start of a body, or less when it breaks off: a proxy may send without end. */
async function startOf(body: Chunks): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_STATUS_BYTES) break;
    }
  } catch {
    // What came is all that there is.
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What a request that got no answer rejects with. */
function failed({ connection }: Open): (error: unknown) => never {
  return (error) => {
    throw networkError(error, connection.server);
  };
}

/** How undici and the system say that a connection ended under a request. */
const LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.has(String(error.code));
}

/**
 * A client over kept connections. Credentials are asked for again every few seconds and after each 401; when they cannot
 * be read any more, the last good ones are used. New connections are made only when the TLS material changed.
 */
export function makeApiClient(options: ApiClientOptions): ApiClient {
  const refreshMs = options.refreshMs ?? REFRESH_MS;
  let current: Open | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let refused = false;
  let closed = false;

  function end({ capped, uncapped }: Open): void {
    for (const pool of [capped, uncapped]) pool.destroy().catch(() => {});
  }

  async function load(): Promise<Open> {
    const fresh = refused;
    refused = false;
    const connection = await options.connect(fresh);
    const before = current;
    const same =
      before?.connection.server.href === connection.server.href &&
      isDeepStrictEqual(before.connection.tls, connection.tls);
    const { capped, uncapped } =
      before && same ? before : { capped: poolOf(connection, MAX_GETS), uncapped: poolOf(connection, null) };
    // Requests on the earlier pools, watches too, end by themselves.
    if (before && !same) for (const pool of [before.capped, before.uncapped]) pool.close().catch(() => {});
    const headers = {
      ...connection.headers,
      Accept: 'application/json, */*',
      'User-Agent': options.userAgent,
    };
    const prefix = connection.server.pathname.replace(/\/+$/, '');
    current = { connection, capped, uncapped, headers, prefix };
    if (closed) end(current);
    return current;
  }

  /** The open connections; undefined when the credentials must be asked for again. */
  function fresh(): Open | undefined {
    return !refused && performance.now() - loadedAt < refreshMs ? current : undefined;
  }

  const reload = oneAtATime(() =>
    load().finally(() => {
      loadedAt = performance.now();
    }),
  );

  async function open(): Promise<Open> {
    try {
      return await reload();
    } catch (error) {
      if (current) return current;
      const message = error instanceof ConnectionError ? error.message : 'unexpected error';
      throw new ApiError('credentials', `the API server's address or credentials cannot be used: ${message}`);
    }
  }

  async function whole(which: 'capped' | 'uncapped', path: string, asked: GetOptions): Promise<Buffer> {
    const opened = fresh() ?? (await open());
    const { prefix } = opened;
    const headers = asked.metadataOnly ? { ...opened.headers, Accept: METADATA_ONLY } : opened.headers;
    const options = { path: prefix + path, method: 'GET', headers } as const;
    let answer: Answer;
    try {
      answer = await wholeAnswer(opened[which], options, asked);
    } catch (error) {
      if (!isLost(error)) throw networkError(error, opened.connection.server);
      // The server may close a kept connection just when a request is sent on it.
      answer = await wholeAnswer(opened[which], options, asked).catch(failed(opened));
    }
    if (answer.status === 200) return answer.body;
    if (answer.status === 401) refused = true;
    throw statusErrorOf(answer.status, answer.headers, answer.body.toString('utf8'));
  }

  return {
    get: (path, asked) => whole('capped', path, asked),
    page: (path, limits) => whole('uncapped', path, limits),
    async watch(path, signal) {
      const opened = fresh() ?? (await open());
      const { uncapped, headers, prefix } = opened;
      const options = { path: prefix + path, method: 'GET', headers, signal } as const;
      const answer = await uncapped.request(options).catch(failed(opened));
      if (answer.statusCode === 200) return answer.body;
      if (answer.statusCode === 401) refused = true;
      throw statusErrorOf(answer.statusCode, answer.headers, await startOf(answer.body));
    },
    close() {
      closed = true;
      if (current) end(current);
    },
  };
}
