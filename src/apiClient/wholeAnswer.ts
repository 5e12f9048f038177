import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type ApiError, timedOut, tooLarge } from './errors.ts';

export interface AnswerLimits {
  /** Milliseconds from the call to the end of the answer; anew when a lost connection makes a GET be sent again. */
  readonly deadlineMs: number;
  readonly maxBytes: number;
}

/** A whole answer of any status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Sends a request and reads its whole answer. Over undici's `dispatch`, since its `request` with a signal costs 15 µs more: half
 * as much again, and a review waits for such a GET for each CA bundle. Rejects with an ApiError, or an error of undici.
 */
export function wholeAnswer(
  pool: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { deadlineMs, maxBytes }: AnswerLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let over: ApiError | undefined;
    let head = { status: 0, headers: {} as IncomingHttpHeaders };
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => stop(timedOut(deadlineMs)), deadlineMs);
    function stop(error: ApiError): void {
      over = error;
      clearTimeout(timer);
      reject(error);
      controller?.abort(error);
    }
    pool.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // It had waited for a connection until its deadline.
        if (over) controller.abort(over);
      },
      onResponseStart(_, status, headers) {
        head = { status, headers };
      },
      onResponseData(_, chunk) {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxBytes) stop(tooLarge(maxBytes));
      },
      onResponseEnd() {
        clearTimeout(timer);
        const [only] = chunks;
        resolve({ ...head, body: only && chunks.length === 1 ? only : Buffer.concat(chunks, bytes) });
      },
      onResponseError(_, error) {
        clearTimeout(timer);
        reject(error);
      },
    });
  });
}
