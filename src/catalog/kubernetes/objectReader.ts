import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { Lookup } from '../catalog.ts';
import type { ApiClient } from './apiClient.ts';
import { type ApiFailure, type ApiResult, failureText, isStatus } from './failure.ts';
import { MAX_OBJECT_BYTES } from './malformed.ts';
import { type CatalogObserver, type ReadFailure, type ReadKind, tell } from './observer.ts';

export interface ObjectReaderOptions {
  readonly api: ApiClient;
  /** For one GET, in milliseconds; a caller with less time gives up earlier. */
  readonly deadlineMs: number;
  readonly observer: CatalogObserver;
}

/** What is asked for. `namespace` and `name` may be anything: what no object can be called is missing. */
export interface Wanted {
  readonly kind: ReadKind;
  readonly namespace: string;
  readonly name: string;
}

/** Reads what was fetched; a message says why it is no such object. */
export type Convert<T> = (raw: unknown) => { readonly value: T } | { readonly problem: string };

const GIVEN_UP: ApiFailure = { kind: 'aborted' };

function reasonOf(failure: ApiFailure): ReadFailure {
  switch (failure.kind) {
    case 'status':
      return failure.status === 429 ? 'throttled' : failure.status >= 500 ? 'server-error' : 'refused';
    case 'aborted':
      return 'given-up';
    case 'tooLarge':
      return 'malformed';
    case 'ended':
      return 'network';
    default:
      return failure.kind;
  }
}

function unavailable(failure: ApiFailure): { readonly state: 'unavailable'; readonly reason: string } {
  return { state: 'unavailable', reason: failureText(failure) };
}

/** Resolves like the call, or as given up when the signal aborts first. */
function within<T>(call: Promise<ApiResult<T>>, signal: AbortSignal): Promise<ApiResult<T>> {
  return new Promise((resolve) => {
    const giveUp = () => resolve({ ok: false, failure: GIVEN_UP });
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void call.then((result) => {
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    });
  });
}

/**
 * Reads single objects now. Callers that ask for the same one at the same time share a GET; it ends by its own
 * deadline, so one caller that gives up takes nothing from the others. Nothing is kept, but what may be remembered to be
 * recognised in the next answer.
 */
export class ObjectReader {
  readonly #options: ObjectReaderOptions;
  readonly #running = new Map<string, Promise<ApiResult<unknown>>>();
  readonly #stopped = new AbortController();

  constructor(options: ObjectReaderOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped.abort();
  }

  #get(path: string, remember: boolean): Promise<ApiResult<unknown>> {
    const running = this.#running.get(path);
    if (running) return running;
    const { api, deadlineMs } = this.#options;
    const call = api
      .get(path, { signal: this.#stopped.signal, deadlineMs, maxBytes: MAX_OBJECT_BYTES, remember })
      .finally(() => this.#running.delete(path));
    this.#running.set(path, call);
    return call;
  }

  #tell(kind: ReadKind, reason: ReadFailure): void {
    tell(() => this.#options.observer.readFailed?.(kind, reason));
  }

  /** The object at the first of the paths that has one (a kind may be served in several versions). Never rejects. */
  async read<T>(
    paths: readonly string[],
    wanted: Wanted,
    convert: Convert<T>,
    signal: AbortSignal,
    remember = false,
  ): Promise<Lookup<T>> {
    if (!isObjectName(wanted.namespace) || !isObjectName(wanted.name)) return { state: 'missing' };
    for (const path of paths) {
      const answered = await within(this.#get(path, remember), signal);
      if (answered.ok) {
        const converted = convert(answered.value);
        if ('value' in converted) return { state: 'found', value: converted.value };
        this.#tell(wanted.kind, 'malformed');
        return { state: 'unavailable', reason: converted.problem };
      }
      if (isStatus(answered.failure, 404)) continue;
      this.#tell(wanted.kind, reasonOf(answered.failure));
      return unavailable(answered.failure);
    }
    return { state: 'missing' };
  }
}
