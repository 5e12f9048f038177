import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError, type FailureReason, givenUp, malformed } from '../../apiClient/errors.ts';
import { MAX_OBJECT_BYTES } from '../../apiClient/list.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { Lookup } from '../catalog.ts';
import { type ObjectName, objectPaths } from './collections.ts';
import { type CatalogObserver, type ReadKind, tell } from './observer.ts';

export interface LiveReaderOptions {
  readonly api: ApiClient;
  /** For one GET, in milliseconds; a caller with less time gives up earlier. */
  readonly deadlineMs: number;
  readonly observer: CatalogObserver;
  /** Asks for the metadata of objects alone: the API server sends no value of a Secret or ConfigMap. */
  readonly metadataOnly?: boolean;
}

/** Decodes what was fetched; a problem says why it is not such an object. */
export type Decode<T> = (raw: unknown) => { readonly value: T } | { readonly problem: string };

/** Rejects as given up when the signal aborts before the call has ended. */
function within<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(givenUp());
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    const end = <V>(settle: (value: V) => void, value: V) => {
      signal.removeEventListener('abort', giveUp);
      settle(value);
    };
    call.then(
      (value) => end(resolve, value),
      (error: unknown) => end(reject, error),
    );
  });
}

/** Bodies that are kept to be compared with the next answer, in bytes. */
const MAX_KEPT = 8 * 1_024 * 1_024;

/**
 * The JSON values of the bodies that were read last. A body that is the same byte for byte as the one before at its path
 * gives the same object, so that nothing that was made from it (certificates, the parsed base config, the resolved
 * group) has to be made again: docs/performance.md has the figures. Never holds a Secret.
 */
export class ParsedBodies {
  readonly #maxBytes: number;
  /** The one used longest ago first. */
  readonly #byPath = new Map<string, { readonly body: Uint8Array; readonly value: unknown }>();
  #bytes = 0;

  constructor(maxBytes: number = MAX_KEPT) {
    this.#maxBytes = maxBytes;
  }

  /** Returns the JSON value of the body. Throws a SyntaxError when it is not JSON. */
  parse(path: string, body: Buffer): unknown {
    const known = this.#byPath.get(path);
    if (known && body.equals(known.body)) {
      this.#byPath.delete(path);
      this.#byPath.set(path, known);
      return known.value;
    }
    const value: unknown = JSON.parse(body.toString('utf8'));
    this.#forget(path);
    // A copy in memory of its own: a small Buffer is a part of a larger one, which it would keep.
    this.#byPath.set(path, { body: new Uint8Array(body), value });
    this.#bytes += body.length;
    for (const oldest of this.#byPath.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest);
    }
    return value;
  }

  #forget(path: string): void {
    this.#bytes -= this.#byPath.get(path)?.body.length ?? 0;
    this.#byPath.delete(path);
  }
}

/**
 * Reads single objects now, past the copy in memory. Callers that ask for the same one at the same time share a GET; it ends
 * by its own deadline, so one caller that gives up takes nothing from the others.
 */
export class LiveReader {
  readonly #options: LiveReaderOptions;
  /**
   * GETs under way, by path. Not a Map: with one, five times as much of the reviews survived minor garbage collections (sampled;
   * it seems that tables which a Map has outgrown keep their entries alive), and an injection took a quarter more CPU.
   */
  readonly #running: Record<string, Promise<Buffer>> = Object.create(null);
  readonly #bodies = new ParsedBodies();

  constructor(options: LiveReaderOptions) {
    this.#options = options;
  }

  #get(path: string): Promise<Buffer> {
    this.#running[path] ??= this.#send(path);
    return this.#running[path];
  }

  async #send(path: string): Promise<Buffer> {
    const { api, deadlineMs, metadataOnly = false } = this.#options;
    try {
      return await api.get(path, { deadlineMs, maxBytes: MAX_OBJECT_BYTES, metadataOnly });
    } finally {
      delete this.#running[path];
    }
  }

  #parse({ kind }: ObjectName, path: string, body: Buffer): unknown {
    try {
      return kind === 'ConfigMap' && !this.#options.metadataOnly
        ? this.#bodies.parse(path, body)
        : JSON.parse(body.toString('utf8'));
    } catch {
      throw malformed('it is not JSON');
    }
  }

  #unavailable(kind: ReadKind, reason: FailureReason, message: string): Lookup<never> {
    tell(() => this.#options.observer.readFailed?.(kind, reason, message));
    return { state: 'unavailable', reason: message };
  }

  /** An object in the first version of its kind that has it; one with an impossible name is missing. Never rejects. */
  async read<T>(wanted: ObjectName, decode: Decode<T>, signal: AbortSignal): Promise<Lookup<T>> {
    if (!isObjectName(wanted.namespace) || !isObjectName(wanted.name)) return { state: 'missing' };
    for (const path of objectPaths(wanted)) {
      try {
        if (signal.aborted) throw givenUp();
        const body = await within(this.#get(path), signal);
        const decoded = decode(this.#parse(wanted, path, body));
        if ('value' in decoded) return { state: 'found', value: decoded.value };
        return this.#unavailable(wanted.kind, 'malformed', decoded.problem);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) continue;
        const { reason, message } = asApiError(error);
        return this.#unavailable(wanted.kind, reason, message);
      }
    }
    return { state: 'missing' };
  }
}
