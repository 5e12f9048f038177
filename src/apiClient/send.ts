import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Connection } from './client.ts';
import { networkError, timedOut, tooLarge } from './errors.ts';

/** A request that may change the cluster. */
export interface Sent {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absolute and encoded, with its query. */
  readonly path: string;
  /** An object to apply on the server side. */
  readonly apply?: object;
  /** An object to create. */
  readonly create?: object;
  /** Ten seconds when left out, in milliseconds. */
  readonly deadlineMs?: number;
}

/** Sends one request. Rejects with an ApiError when there is no whole answer. */
export type Send = (sent: Sent) => Promise<SentAnswer>;

/** The answer, of any status. */
export interface SentAnswer {
  readonly status: number;
  /** The parsed body; undefined when it is not JSON. */
  readonly body: unknown;
  /** The body as it is. */
  readonly text?: string;
  /** The texts of its `Warning` headers. */
  readonly warnings?: readonly string[];
}

const DEADLINE_MS = 10_000;
/** An answer is at most a page of a list, in bytes. */
const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The warnings of a `Warning` header. Source: RFC 7234, 5.5, as the API server writes it: `299 - "text"`. */
export function warningsOf(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, warning = '']) =>
    warning.replace(/\\(.)/g, '$1'),
  );
}

function optionsOf(
  { headers, tls }: Connection,
  { method, apply, create, deadlineMs }: Sent,
): RequestOptions {
  return {
    ...tls,
    method,
    headers: {
      ...headers,
      Accept: 'application/json',
      ...(apply ? { 'Content-Type': 'application/apply-patch+yaml' } : {}),
      ...(create ? { 'Content-Type': 'application/json' } : {}),
    },
    signal: AbortSignal.timeout(deadlineMs ?? DEADLINE_MS),
  };
}

function exchange(connection: Connection, sent: Sent): Promise<SentAnswer> {
  const { server } = connection;
  const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
  const url = new URL(server.pathname.replace(/\/+$/, '') + sent.path, server);
  return new Promise((resolve, reject) => {
    const request = send(url, optionsOf(connection, sent), (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_ANSWER_BYTES) request.destroy(tooLarge(MAX_ANSWER_BYTES));
      });
      response.once('error', reject).once('end', () => {
        const warnings = warningsOf(response.headers.warning);
        resolve({ status: response.statusCode ?? 0, body: parsed(body), text: body, warnings });
      });
    });
    const content = sent.apply ?? sent.create;
    request.once('error', reject).end(content && JSON.stringify(content));
  });
}

/**
 * Sends requests that may write. Only commands that a person or a Job runs have this; the client of the server has no method
 * that writes. `userAgent` is for the audit log of the API server.
 */
export function sender(connection: Connection, userAgent: string): Send {
  const named = { ...connection, headers: { ...connection.headers, 'User-Agent': userAgent } };
  return async (sent) => {
    try {
      return await exchange(named, sent);
    } catch (error) {
      const late = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
      throw late ? timedOut(sent.deadlineMs ?? DEADLINE_MS) : networkError(error);
    }
  };
}
