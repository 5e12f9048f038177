import { Pool } from 'undici';
import type { Connection } from './client.ts';
import { networkError } from './errors.ts';
import { wholeAnswer } from './wholeAnswer.ts';

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

/** Sends one request. Rejects with an ApiError when the answer does not arrive, or not completely. */
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
export function warningsOf(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, warning = '']) =>
    warning.replace(/\\(.)/g, '$1'),
  );
}

function headersOf({ apply, create }: Sent): Record<string, string> {
  return {
    Accept: 'application/json',
    ...(apply && { 'Content-Type': 'application/apply-patch+yaml' }),
    ...(create && { 'Content-Type': 'application/json' }),
  };
}

/**
 * Sends requests that may write. Only commands that a person or a Job runs have this; the client of the server has no method
 * that writes. `userAgent` is for the audit log of the API server.
 */
export function sender({ server, headers, tls }: Connection, userAgent: string): Send {
  // The bundle has no HTTP/2.
  const pool = new Pool(server.origin, { connect: tls, allowH2: false });
  const prefix = server.pathname.replace(/\/+$/, '');
  return async (sent) => {
    const { method, path, apply, create, deadlineMs = DEADLINE_MS } = sent;
    const content = apply ?? create;
    const options = {
      method,
      path: prefix + path,
      headers: { ...headers, ...headersOf(sent), 'User-Agent': userAgent },
      body: content === undefined ? null : JSON.stringify(content),
    };
    try {
      const answer = await wholeAnswer(pool, options, { deadlineMs, maxBytes: MAX_ANSWER_BYTES });
      const text = answer.body.toString('utf8');
      const warnings = warningsOf([answer.headers.warning].flat().join(', '));
      return { status: answer.status, body: parsed(text), text, warnings };
    } catch (error) {
      throw networkError(error, server);
    }
  };
}
