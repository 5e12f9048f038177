import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError } from '../../apiClient/errors.ts';
import { listPages } from '../../apiClient/list.ts';
import { bookmarkVersion, type Change, silent, watchChanges } from '../../apiClient/watch.ts';
import type { Turns } from '../../concurrency/turns.ts';
import { type Budget, KindCache, type ObjectSink } from './cache.ts';
import { type CatalogObserver, type KindStatus, type Scope, tell } from './observer.ts';
import { backoffMs, type Clock, type ReflectorTiming, watchMs } from './timing.ts';

export interface ReflectorOptions {
  readonly scope: Scope;
  /** The collection in each version that may be served, the preferred one first, e.g. `/apis/G/V/mcpservers`. */
  readonly paths: readonly string[];
  readonly api: ApiClient;
  readonly sink: ObjectSink;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly observer: CatalogObserver;
  /** Shared by all reflectors of a catalog: how much their copies may hold together. */
  readonly budget: Budget;
  /** Shared by all reflectors of a catalog: how many lists are read at a time. */
  readonly lists: Turns;
  /** Shared by all reflectors of a kind: waits a while, then looks whether its CRD is still missing. Never rejects. */
  readonly stillMissing: () => Promise<boolean>;
}

/** Up to where everything is known: the collection in one version, and a resourceVersion of it. */
interface Position {
  readonly path: string;
  readonly resourceVersion: string;
}

/** How often a watch is opened again when its next line cannot be read, before a list is needed to get past that line. */
const MALFORMED_WATCHES = 3;
/** A watch that ends at most this early, in milliseconds, had time for its last bookmark. */
const NEARLY = 3_000;

/** Whether a watch cannot go on from its position after an error. */
function needsList({ reason, status }: ApiError, failures: number): boolean {
  switch (reason) {
    case 'expired':
    case 'too-large':
    case 'internal':
      return true;
    case 'malformed':
      return failures >= MALFORMED_WATCHES;
    default:
      return status === 404;
  }
}

/**
 * Keeps a copy of one kind: a list in pages, then watches from where the list stood, for ever. What was known stays
 * served until a new list is complete. Only `stop` ends it; every failure is retried, each later than the last.
 */
export class Reflector {
  readonly scope: Scope;
  /** Resolves when the reflector is synced. */
  readonly ready: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #cache: KindCache;
  readonly #stopped = new AbortController();
  readonly #markReady: () => void;
  #synced = false;
  #absent = false;
  /** Undefined when a list is needed. */
  #position: Position | undefined;
  /** The watch that is open. */
  #watch: AbortController | undefined;
  /** Whether the last watch missed nothing, as far as is known, so that the next one may be long. */
  #trusted = true;
  #failures = 0;
  #problem: string | undefined;
  /** When the copy was last known to be right; undefined before the first complete list. */
  #contact: number | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.scope = options.scope;
    ({ promise: this.ready, resolve: this.#markReady } = Promise.withResolvers<void>());
    this.#cache = new KindCache({ ...options, kind: options.scope.kind });
  }

  /**
   * Milliseconds since the copy was last known to be right: since a complete list, or an event or bookmark that was applied.
   * That a watch is open proves nothing. Undefined before the first list.
   */
  ageMs(now: number = this.#options.clock.now()): number | undefined {
    return this.#contact === undefined ? undefined : Math.max(0, now - this.#contact);
  }

  status(): KindStatus {
    const { objects, malformed, bytes } = this.#cache;
    return {
      ...this.scope,
      synced: this.#synced,
      objects,
      malformed,
      bytes,
      ageMs: this.ageMs(),
      problem: this.#problem,
    };
  }

  /** Begins to follow. Once. */
  start(): void {
    void this.#run();
  }

  /** Opens the watch again from where it stands, for a reason that the watch itself does not notice. */
  reopen(reason: ApiError): void {
    this.#watch?.abort(reason);
  }

  /** Ends every call and wait; nothing is put into the sink afterwards. Final. */
  stop(): void {
    this.#stopped.abort();
    this.#watch?.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        if (this.#absent) await this.#waitForKind();
        else if (this.#position === undefined) await this.#list();
        else await this.#follow(this.#position);
      } catch (error) {
        if (!signal.aborted) await this.#recover(asApiError(error));
      }
    }
  }

  async #recover(error: ApiError): Promise<void> {
    const { clock, timing, observer, scope } = this.#options;
    const operation = this.#position === undefined ? 'list' : 'watch';
    this.#trusted = false;
    // Silence is normal where the API server has no news of etcd; a list finds out whether anything was missed.
    if (error.reason === 'silent') return this.#relist(error);
    this.#failures++;
    this.#problem = error.message;
    if (operation === 'watch' && needsList(error, this.#failures)) this.#relist(error);
    const asked = Math.min(error.retryAfterMs, timing.backoff.max);
    const waitMs = Math.max(backoffMs(timing, this.#failures, clock), asked);
    const { reason, message } = error;
    tell(() => observer.failed?.({ ...scope, operation, reason, message, waitMs }));
    await clock.sleep(waitMs, this.#stopped.signal);
  }

  #relist({ message }: ApiError): void {
    this.#position = undefined;
    tell(() => this.#options.observer.relist?.(this.scope, message));
  }

  /** Notes that the copy is right at this moment. */
  #heard(): void {
    this.#contact = this.#options.clock.now();
    this.#problem = undefined;
  }

  /** Notes that a watch was accepted, or that there is nothing to watch. */
  #follows(): void {
    this.#problem = undefined;
    this.#synced = true;
    this.#markReady();
  }

  async #list(): Promise<void> {
    const { api, clock, timing, scope, observer, paths, lists } = this.#options;
    const started = clock.now();
    for (const path of paths) {
      const pages = listPages(api, path, timing.answer);
      const list = () => this.#cache.replaceBy(pages, this.#stopped.signal);
      const listed = await lists.run(list).catch(missingIs404);
      if (!listed) continue;
      this.#position = { path, resourceVersion: listed.resourceVersion };
      // Nothing changed, so the watch before had missed nothing.
      this.#trusted ||= !listed.changed;
      this.#heard();
      tell(() => observer.listed?.(scope, this.#cache.objects, clock.now() - started));
      return;
    }
    await this.#cache.clear(this.#stopped.signal);
    this.#absent = true;
    this.#failures = 0;
    this.#heard();
    this.#follows();
    tell(() => observer.absent?.(scope));
  }

  /** Waits a while for the CRD of the kind. Its absence is an answer, so the empty copy is right. */
  async #waitForKind(): Promise<void> {
    this.#absent = await this.#options.stillMissing();
    if (this.#absent) this.#heard();
  }

  /** Opens one watch and applies what it brings, until the API server ends it. Throws when it brought nothing and should have. */
  async #follow({ path, resourceVersion }: Position): Promise<void> {
    const { api, clock, timing } = this.#options;
    const patience = this.#trusted ? timing.watch : timing.trialWatch;
    const ms = watchMs(patience, clock);
    this.#trusted = false;
    this.#watch = new AbortController();
    let opened = clock.now();
    const changes = watchChanges(api, path, {
      position: resourceVersion,
      seconds: ms / 1_000,
      answerMs: timing.answer,
      silenceMs: patience.silence,
      controller: this.#watch,
      onAccepted: () => {
        opened = clock.now();
        this.#follows();
      },
    });
    for await (const change of changes) {
      if (this.#stopped.signal.aborted) return;
      this.#apply(path, change);
    }
    if (this.#trusted) return;
    const lasted = clock.now() - opened;
    if (lasted >= ms - NEARLY) throw silent(lasted);
    if (lasted < timing.shortWatch) throw new ApiError('network', 'the API server ended the watch at once');
  }

  #apply(path: string, { type, object, bytes }: Change): void {
    const { observer, scope } = this.#options;
    const resourceVersion =
      type === 'BOOKMARK'
        ? bookmarkVersion(object)
        : type === 'DELETED'
          ? this.#cache.remove(object)
          : this.#cache.upsert(object, bytes);
    this.#position = { path, resourceVersion };
    this.#failures = 0;
    this.#trusted = true;
    this.#heard();
    tell(() => observer.event?.(scope.kind, type));
  }
}

/** Undefined for a collection that does not exist; every other error is thrown again. */
function missingIs404(error: unknown): undefined {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}
