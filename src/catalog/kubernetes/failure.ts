/** Why a call to the API server gave no answer that can be used. */
export type ApiFailure =
  /** The server answered with an HTTP status that is no success. `message` is its own, cut to one short line. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message: string;
      /** From the Retry-After header, in milliseconds. */
      readonly retryAfterMs: number | undefined;
    }
  /** No connection, or one that broke. `code` is the operating system's or TLS's. */
  | { readonly kind: 'network'; readonly code: string }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  /** The caller gave up. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'tooLarge'; readonly limit: number }
  /** An answer that is no JSON, or not of the expected shape. */
  | { readonly kind: 'malformed'; readonly message: string }
  /** A watch that the server ended as soon as it was open. */
  | { readonly kind: 'ended' }
  /** The kubeconfig or the ServiceAccount's files cannot be used. */
  | { readonly kind: 'credentials'; readonly message: string };

export type ApiResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ApiFailure };

/** One line for a person; never holds a token or the body of an object. */
export function failureText(failure: ApiFailure): string {
  switch (failure.kind) {
    case 'status':
      return `the API server answered ${failure.status}${failure.message ? `: ${failure.message}` : ''}`;
    case 'network':
      return `the API server cannot be reached (${failure.code})`;
    case 'timeout':
      return `the API server did not answer within ${failure.afterMs} ms`;
    case 'aborted':
      return 'the time for this review ran out before the API server answered';
    case 'tooLarge':
      return `the API server's answer is larger than ${failure.limit} bytes`;
    case 'malformed':
      return `the API server's answer cannot be read: ${failure.message}`;
    case 'ended':
      return 'the API server ended the watch at once';
    case 'credentials':
      return `the API server's address or credentials cannot be used: ${failure.message}`;
  }
}

/** True when the HTTP status of the failure is the given one. */
export function isStatus(failure: ApiFailure, status: number): boolean {
  return failure.kind === 'status' && failure.status === status;
}
