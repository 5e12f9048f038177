import type { IncomingHttpHeaders } from 'node:http';
import { textAt, valueAt } from '../kubernetes/record.ts';
import { oneLine } from '../text/line.ts';

/** Why a read of the API server failed, in a closed set: a label of metrics. */
export type FailureReason =
  | 'refused'
  | 'throttled'
  | 'expired'
  | 'server-error'
  | 'network'
  | 'timeout'
  | 'silent'
  | 'given-up'
  | 'malformed'
  | 'too-large'
  | 'credentials'
  | 'internal';

export interface ApiErrorOptions {
  /** The HTTP status of the answer, or of an ERROR event. */
  readonly status?: number | undefined;
  /** How long the API server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** From where a list whose moment is forgotten can go on, with what is stored now. */
  readonly continueToken?: string | undefined;
}

/** A read of the API server that failed. The message is one line for a person, without tokens or bodies of objects. */
export class ApiError extends Error {
  readonly reason: FailureReason;
  readonly status: number | undefined;
  readonly retryAfterMs: number;
  readonly continueToken: string | undefined;

  constructor(reason: FailureReason, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.name = 'ApiError';
    this.reason = reason;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.continueToken = options.continueToken;
  }
}

/** The kubeconfig or the ServiceAccount's files cannot be used. The message is for a person, without secrets. */
export class ConnectionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConnectionError';
  }
}

/** An answer with status 200 that is not what was asked for. */
export function malformed(problem: string): ApiError {
  return new ApiError('malformed', `the API server's answer cannot be read: ${problem}`);
}

export function tooLarge(limit: number): ApiError {
  return new ApiError('too-large', `the API server's answer is larger than ${limit} bytes`);
}

const MAX_MESSAGE = 200;

function reasonOf(status: number): FailureReason {
  if (status === 429) return 'throttled';
  if (status === 410) return 'expired';
  return status >= 500 ? 'server-error' : 'refused';
}

function milliseconds(seconds: unknown): number | undefined {
  const number = typeof seconds === 'string' && /^\d{1,9}$/.test(seconds) ? Number(seconds) : seconds;
  return typeof number === 'number' && number > 0 ? number * 1_000 : undefined;
}

/** The error that an untrusted `metav1.Status` stands for, of an answer or of an ERROR event. */
export function statusError(raw: unknown, answered?: number, headers: IncomingHttpHeaders = {}): ApiError {
  const code = valueAt(raw, 'code');
  const status = answered ?? (typeof code === 'number' ? code : 500);
  const said = textAt(raw, 'message')?.slice(0, MAX_MESSAGE) ?? '';
  const message = oneLine(said.replace(/\s+/gu, ' '));
  const asked = headers['retry-after'] ?? valueAt(raw, 'details', 'retryAfterSeconds');
  return new ApiError(reasonOf(status), `the API server answered ${status}${message && `: ${message}`}`, {
    status,
    retryAfterMs: milliseconds(asked),
    continueToken: textAt(raw, 'metadata', 'continue'),
  });
}

/** True for the message of an {@link ApiError} that says that the user lacks a right. */
export function saysForbidden(message: string): boolean {
  return message.startsWith('the API server answered 403');
}

/** Names of undici's own errors, as the operating system would call them. */
const CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

export function timedOut(ms: number): ApiError {
  return new ApiError('timeout', `the API server did not answer within ${ms} ms`);
}

/** The error that a request or the read of its body ended with; `server` is shown without its path. */
export function networkError(error: unknown, server?: URL): ApiError {
  if (error instanceof ApiError) return error;
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'AbortError') return givenUp();
  if (typeof code !== 'string') return asApiError(error);
  const where = server === undefined ? '' : ` ${server.origin}`;
  return new ApiError('network', `the API server${where} cannot be reached (${CODES[code] ?? code})`);
}

/** The caller no longer wants the answer. */
export function givenUp(): ApiError {
  return new ApiError('given-up', 'the time for this review ran out before the API server answered');
}

/** Any thrown value as an ApiError; what is not one is a fault of the webhook itself. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const text = error instanceof Error ? error.message : 'unexpected error';
  return new ApiError('internal', `internal error in vmcp-admission: ${oneLine(text, MAX_MESSAGE)}`);
}
