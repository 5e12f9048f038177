import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { networkFailure } from './exchange.ts';
import type { ApiFailure, ApiResult } from './failure.ts';
import { MAX_STATUS_BYTES } from './status.ts';

/** How long and how large the whole of an answer may be. */
export interface BodyLimits {
  readonly signal: AbortSignal;
  /** Milliseconds from the call to the end of the answer. */
  readonly deadlineMs: number;
  readonly maxBytes: number;
}

/** A GET, with the path and headers as they are sent. */
export interface GetRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A whole answer of any status. */
export interface GotAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How undici and the system say that a connection ended under a request. */
const LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** One GET under way, as undici tells of it. Settles once; what comes after that is not listened to. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: BodyLimits;
  readonly #settle: (result: ApiResult<GotAnswer>) => void;
  readonly #again: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = () => this.#stop({ kind: 'aborted' });
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** `again` sends the request once more when its connection was closed before an answer began. */
  constructor(
    limits: BodyLimits,
    settle: (result: ApiResult<GotAnswer>) => void,
    again: (() => void) | undefined,
  ) {
    this.#limits = limits;
    this.#settle = settle;
    this.#again = again;
    const { deadlineMs, signal } = limits;
    this.#timer = setTimeout(() => this.#stop({ kind: 'timeout', afterMs: deadlineMs }), deadlineMs);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It had waited for a connection for longer than it may take.
    if (this.#settled) controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    const { maxBytes } = this.#limits;
    if (this.#status === 200) {
      this.#chunks.push(chunk);
      if (this.#bytes > maxBytes) this.#stop({ kind: 'tooLarge', limit: maxBytes });
    } else if (this.#bytes <= MAX_STATUS_BYTES) this.#chunks.push(chunk);
    else this.onResponseEnd();
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#finish({ ok: true, value: { status: this.#status, headers: this.#headers, body } });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const code = 'code' in error ? String(error.code) : '';
    if (!this.#settled && this.#status === 0 && this.#again && LOST.has(code)) {
      this.#settled = true;
      this.#release();
      this.#again();
    } else this.#finish({ ok: false, failure: networkFailure(error) });
  }

  #stop(failure: ApiFailure): void {
    this.#finish({ ok: false, failure });
    this.#controller?.abort(new Error('no longer wanted'));
  }

  #finish(result: ApiResult<GotAnswer>): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release();
    this.#settle(result);
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#limits.signal.removeEventListener('abort', this.#onAbort);
  }
}

/**
 * GETs a whole answer over a pool of kept connections. Never rejects. A kept connection that the server closed at the same
 * moment is no failure of the server: the GET is then sent once more.
 */
export function getBody(
  pool: Dispatcher,
  request: GetRequest,
  limits: BodyLimits,
): Promise<ApiResult<GotAnswer>> {
  const options = { ...request, method: 'GET' as const };
  return new Promise((resolve) => {
    const again = () => pool.dispatch(options, new Exchange(limits, resolve, undefined));
    pool.dispatch(options, new Exchange(limits, resolve, again));
  });
}
