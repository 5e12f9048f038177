import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ApiFailure, ApiResult } from './failure.ts';

/** How long a call may take. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** Milliseconds for the whole answer, or until it begins when {@link Answer.keep} is called. */
  readonly deadlineMs: number;
}

/** An answer whose body has not been read yet. Whoever has it must read it, destroy it, or both. */
export interface Answer {
  readonly response: IncomingMessage;
  /** The answer has begun and may go on without end: the deadline no longer counts, the signal does. */
  keep(): void;
  /** Why a read of the body failed. */
  failure(error: unknown): ApiFailure;
}

/** Where a GET goes, in the form that node:http takes without parsing a URL again. */
export interface Target {
  readonly secure: boolean;
  readonly options: {
    readonly hostname: string;
    readonly port: string;
    readonly path: string;
    readonly agent: HttpAgent;
    readonly headers: Readonly<Record<string, string>>;
  };
}

/** The failure of a connection, named by the operating system's or TLS's code. */
export function networkFailure(error: unknown): ApiFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'connection failed';
  return { kind: 'network', code: code === 'UND_ERR_SOCKET' ? 'connection closed' : code };
}

/**
 * Sends one GET and waits for the head of its answer. Never rejects. A keep-alive connection that the server closed
 * at the same moment is no failure of the server: the GET is then sent once more.
 */
export function exchange(target: Target, limits: CallLimits, again = true): Promise<ApiResult<Answer>> {
  const { signal, deadlineMs } = limits;
  return new Promise((resolve) => {
    let stopped: ApiFailure | undefined;
    let answered = false;
    const request = target.secure ? httpsRequest(target.options) : httpRequest(target.options);
    const stop = (failure: ApiFailure) => {
      stopped ??= failure;
      request.destroy();
    };
    const onAbort = () => stop({ kind: 'aborted' });
    const timer = setTimeout(() => stop({ kind: 'timeout', afterMs: deadlineMs }), deadlineMs);
    const cleanUp = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('close', cleanUp);
    request.on('error', (error) => {
      cleanUp();
      const lost = !stopped && !answered && again && request.reusedSocket;
      if (lost) resolve(exchange(target, limits, false));
      else resolve({ ok: false, failure: stopped ?? networkFailure(error) });
    });
    request.on('response', (response) => {
      answered = true;
      const failure = (error: unknown) => stopped ?? networkFailure(error);
      // An answer that breaks while nobody reads it must not end the process.
      response.on('error', () => {});
      resolve({ ok: true, value: { response, keep: () => clearTimeout(timer), failure } });
    });
    if (signal.aborted) onAbort();
    else request.end();
  });
}
