import type { IncomingMessage, ServerResponse } from 'node:http';
import { oneLine } from '../text/line.ts';
import { TIMING } from './limits.ts';

/** Why a request is not answered with a review: an HTTP status and one sentence for a person. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** What only the log says. */
  readonly detail?: string;
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number;
  /** The methods that are allowed, for 405. */
  readonly allow?: string;
}

/** `metav1.StatusReason` by HTTP status, as the API server itself uses them. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'Timeout',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A `metav1.Status` as JSON. */
function statusBody(refusal: Refusal): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: oneLine(refusal.message, 1_024),
    reason: REASONS[refusal.code] ?? (refusal.code >= 500 ? 'InternalError' : 'BadRequest'),
    ...(refusal.retryAfter && { details: { retryAfterSeconds: refusal.retryAfter } }),
    code: refusal.code,
  });
}

/**
 * Writes head and body of a `metav1.Status` without ending the response. `close` adds `Connection: close`. Does nothing
 * when something was written before.
 */
function writeStatus(response: ServerResponse, refusal: Refusal, close: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const body = statusBody(refusal);
  response.statusCode = refusal.code;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  if (close) response.setHeader('Connection', 'close');
  if (refusal.allow !== undefined) response.setHeader('Allow', refusal.allow);
  if (refusal.retryAfter !== undefined) response.setHeader('Retry-After', refusal.retryAfter);
  response.write(body);
}

/** Answers with a `metav1.Status`; `close` ends the connection after it. */
export function sendStatus(response: ServerResponse, refusal: Refusal, close: boolean): void {
  writeStatus(response, refusal, close);
  response.end();
}

/** An unread body up to this size is discarded, so that its connection can be used again. */
const SMALL_BODY = 64 * 1_024;

/** True when the response may end at once: no body is on its way, or a small one. */
function canEnd(request: IncomingMessage): boolean {
  if (request.complete) return true;
  if (request.headers['transfer-encoding'] !== undefined) return false;
  return Number(request.headers['content-length'] ?? 0) <= SMALL_BODY;
}

/**
 * Refuses a request whose body may still be on its way; `close` ends the connection. Ending before a large body was read
 * would reset the connection while the caller still sends, and the caller would lose the answer: so nothing more is read,
 * and the response ends when the caller closes the connection, or after a moment.
 */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  close: boolean,
): void {
  if (canEnd(request) && refusal.code !== 408) {
    sendStatus(response, refusal, close);
    return;
  }
  writeStatus(response, refusal, true);
  const timer = setTimeout(() => response.end(), TIMING.linger);
  response.on('close', () => clearTimeout(timer));
}
