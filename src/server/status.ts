import type { ServerResponse } from 'node:http';
import { statusReason } from '../admission/statusReason.ts';
import { oneLine } from '../text.ts';

/** A request that cannot be answered with a review, as an HTTP status and one sentence for a person. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number;
  /** The methods that are allowed, for 405. */
  readonly allow?: string;
}

/** A `metav1.Status` as JSON. */
function statusBody(refusal: Refusal): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: oneLine(refusal.message, 1_024),
    reason: statusReason(refusal.code),
    ...(refusal.retryAfter && { details: { retryAfterSeconds: refusal.retryAfter } }),
    code: refusal.code,
  });
}

/**
 * Writes head and body of a `metav1.Status` without ending the response, so that the caller decides when the
 * connection goes. With `close` the head says that it goes. Does nothing when something was written before.
 */
export function writeStatus(response: ServerResponse, refusal: Refusal, close: boolean): void {
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

/** Answers with a `metav1.Status`; with `close` the connection ends with it. */
export function sendStatus(response: ServerResponse, refusal: Refusal, close: boolean): void {
  writeStatus(response, refusal, close);
  response.end();
}
