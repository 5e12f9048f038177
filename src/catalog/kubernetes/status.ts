import type { IncomingHttpHeaders } from 'node:http';
import type { ApiFailure } from './failure.ts';

/** Of an answer that is no success, only the start is read; in bytes. */
export const MAX_STATUS_BYTES = 64 * 1_024;
const MAX_MESSAGE = 200;
/** Seconds beyond this are a server's mistake. */
const MAX_RETRY_AFTER = 3_600;

interface StatusBody {
  readonly code: number | undefined;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** The fields of an untrusted `metav1.Status` that a caller acts on. */
export function readStatus(raw: unknown): StatusBody {
  const { code, message, details } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<
    string,
    unknown
  >;
  const seconds = (details as { retryAfterSeconds?: unknown } | null | undefined)?.retryAfterSeconds;
  return {
    code: typeof code === 'number' ? code : undefined,
    message:
      typeof message === 'string'
        ? message
            .slice(0, MAX_MESSAGE)
            .replace(/[\p{Cc}\s]+/gu, ' ')
            .trim()
        : '',
    retryAfterMs:
      typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER) * 1_000 : undefined,
  };
}

/** RFC 9110 section 10.2.3, the form in seconds; the API server sends no dates. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), MAX_RETRY_AFTER) * 1_000;
}

/** The failure that an answer other than 200 stands for. */
export function statusFailure(status: number, headers: IncomingHttpHeaders, body: string): ApiFailure {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // A proxy's page of HTML says nothing that the status does not.
  }
  const { message, retryAfterMs: inBody } = readStatus(parsed);
  return { kind: 'status', status, message, retryAfterMs: retryAfterMs(headers['retry-after']) ?? inBody };
}
