import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ApiClient } from './apiClient.ts';
import { type Clock, sleep } from './clock.ts';
import { type ApiFailure, failureText, isStatus } from './failure.ts';
import { checkHistory } from './history.ts';
import { Holdings, type ObjectSink } from './holdings.ts';
import { ListBudget } from './listBudget.ts';
import { listAll, takeOver } from './listing.ts';
import { type CatalogObserver, type KindStatus, tell } from './observer.ts';
import { slicer } from './slices.ts';
import { backoffMs, type ReflectorTiming } from './timing.ts';
import { type WatchEnd, watchOnce } from './watching.ts';

export interface ReflectorOptions {
  readonly kind: ToolhiveKind;
  readonly namespace: string | undefined;
  /** The collection in each version that may be served, the preferred one first, e.g. `/apis/G/V/mcpservers`. */
  readonly paths: readonly string[];
  readonly api: ApiClient;
  readonly sink: ObjectSink;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly observer: CatalogObserver;
  /** Shared by all reflectors of a process; one of its own when it is left out. */
  readonly budget?: ListBudget;
}

/** What a step of the loop came to: go on at once, or after a failure. */
type Step =
  | { readonly ok: true }
  | { readonly ok: false; readonly failure: ApiFailure; readonly operation: 'list' | 'watch' };

const DONE: Step = { ok: true };

/**
 * Keeps a copy of one kind: a list in pages, then a watch from where the list stood, for ever. What was known stays
 * served until a new list is complete. Nothing ends it but `stop`; every failure is retried, each later than the last.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #holdings: Holdings;
  readonly #budget: ListBudget;
  readonly #stopped = new AbortController();
  #started = false;
  #synced = false;
  #absent = false;
  #path: string | undefined;
  /** The resourceVersion up to which everything is known; undefined when a list is needed. */
  #position: string | undefined;
  /** The server was restored or replaced: equal versions need not be equal objects. */
  #otherHistory = false;
  #fromList = false;
  #failures = 0;
  /** When the copy was last known to be right; undefined before the first complete list. */
  #contact: number | undefined;
  #onSynced: () => void = () => {};
  /** Resolves after the first complete list has been taken over. */
  readonly ready: Promise<void>;

  constructor(options: ReflectorOptions) {
    const { kind, sink, observer } = options;
    this.#options = options;
    this.#budget = options.budget ?? new ListBudget();
    this.#holdings = new Holdings(kind, sink, (namespace, name, problem) =>
      tell(() => observer.malformed?.(kind, namespace, name, problem)),
    );
    this.ready = new Promise((resolve) => {
      this.#onSynced = resolve;
    });
  }

  /**
   * Milliseconds since the copy was last known to be right: since a complete list, an event or bookmark that was applied, or
   * a watch that the server ended after it had been open. An answer alone proves nothing. Undefined before the first list.
   */
  ageMs(): number | undefined {
    return this.#contact === undefined ? undefined : Math.max(0, this.#options.clock.now() - this.#contact);
  }

  status(): KindStatus {
    const { kind, namespace } = this.#options;
    return {
      kind,
      namespace,
      synced: this.#synced,
      objects: this.#holdings.size,
      malformed: this.#holdings.malformed,
      ageMs: this.ageMs(),
    };
  }

  /** Starts once; a second call does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run();
  }

  /** Ends every call and wait; nothing is put into the sink afterwards. Final. */
  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      let step: Step;
      try {
        step = this.#position === undefined ? await this.#list() : await this.#follow(this.#position);
      } catch (error) {
        // A fault of ours (or of the sink); the state is in doubt, so it is built again.
        this.#position = undefined;
        const message = error instanceof Error ? error.message : 'unexpected error';
        step = { ok: false, failure: { kind: 'malformed', message }, operation: 'list' };
      }
      if (signal.aborted) return;
      if (!step.ok) await this.#wait(step.failure, step.operation);
    }
  }

  async #wait(failure: ApiFailure, operation: 'list' | 'watch'): Promise<void> {
    const { clock, timing, observer, kind } = this.#options;
    this.#failures++;
    const asked = failure.kind === 'status' ? (failure.retryAfterMs ?? 0) : 0;
    const ms = Math.max(backoffMs(timing, this.#failures, clock), Math.min(asked, timing.maxRetryAfter));
    tell(() => observer.failed?.(kind, operation, failureText(failure), ms));
    await sleep(clock, ms, this.#stopped.signal);
  }

  #heard(): void {
    this.#contact = this.#options.clock.now();
  }

  #relist(reason: string): void {
    this.#position = undefined;
    tell(() => this.#options.observer.relist?.(this.#options.kind, reason));
  }

  async #list(): Promise<Step> {
    const { api, clock, timing, kind, observer, paths } = this.#options;
    const { signal } = this.#stopped;
    const started = clock.now();
    for (const path of paths) {
      const listed = await listAll({
        api,
        clock,
        timing,
        path,
        signal,
        holdings: this.#holdings,
        always: this.#otherHistory,
        anyVersion: !this.#synced,
        budget: this.#budget,
      });
      if (!listed.ok) {
        if (isStatus(listed.failure, 404)) continue;
        return { ok: false, failure: listed.failure, operation: 'list' };
      }
      const { items, resourceVersion } = listed.value;
      await takeOver(items, this.#holdings, slicer(clock, timing.slice), signal);
      if (signal.aborted) return DONE;
      this.#path = path;
      this.#position = resourceVersion;
      this.#otherHistory = false;
      this.#fromList = true;
      this.#absent = false;
      this.#heard();
      this.#setSynced();
      tell(() => observer.listed?.(kind, this.#holdings.size, clock.now() - started));
      return DONE;
    }
    return this.#missing();
  }

  /** No CRD: an empty list, and a look again later. The server answered, so this is no failure. */
  async #missing(): Promise<Step> {
    const { clock, timing, kind, observer } = this.#options;
    const { signal } = this.#stopped;
    await takeOver([], this.#holdings, slicer(clock, timing.slice), signal);
    if (signal.aborted) return DONE;
    this.#failures = 0;
    this.#heard();
    this.#setSynced();
    if (!this.#absent) tell(() => observer.absent?.(kind));
    this.#absent = true;
    await sleep(clock, timing.missingKind * (0.75 + clock.random() / 2), signal);
    return DONE;
  }

  #setSynced(): void {
    this.#synced = true;
    this.#onSynced();
  }

  /** Makes sure that the server's history is the one that the position is of, then watches from there. */
  async #follow(position: string): Promise<Step> {
    const path = this.#path ?? '';
    if (!this.#fromList) {
      const checked = await this.#sameHistory(path, position);
      if (checked) return checked;
    }
    this.#fromList = false;
    const { api, clock, timing, kind, observer } = this.#options;
    const end = await watchOnce({
      api,
      clock,
      timing,
      path,
      position,
      signal: this.#stopped.signal,
      holdings: this.#holdings,
      onPosition: (type, resourceVersion) => {
        this.#position = resourceVersion;
        this.#heard();
        tell(() => observer.event?.(kind, type));
      },
    });
    return this.#afterWatch(end);
  }

  /** Undefined when the watch may go on; else what to do first. */
  async #sameHistory(path: string, position: string): Promise<Step | undefined> {
    const { api, timing } = this.#options;
    const limits = { signal: this.#stopped.signal, deadlineMs: timing.answer };
    const check = await checkHistory(api, path, position, this.#holdings, limits);
    if (check.kind === 'failed') return { ok: false, failure: check.failure, operation: 'watch' };
    // No contact: that our copy was right once says nothing about now.
    if (check.kind === 'same') return undefined;
    if (check.other) this.#otherHistory = true;
    this.#relist(check.reason);
    return DONE;
  }

  #afterWatch(end: WatchEnd): Step {
    const failure: ApiFailure = end.kind === 'failed' ? end.failure : { kind: 'ended' };
    if (end.progress) this.#failures = 0;
    if (end.kind === 'ended' && end.progress) this.#heard();
    if (end.kind === 'failed') {
      if (isStatus(failure, 410)) this.#relist('the resourceVersion has expired (410 Gone)');
      else if (isStatus(failure, 404)) this.#relist('the kind is gone');
      // The same line again and again: a list may get past it.
      else if (failure.kind === 'malformed' && this.#failures >= 3) this.#relist('the watch cannot be read');
      return { ok: false, failure, operation: 'watch' };
    }
    return end.progress ? DONE : { ok: false, failure, operation: 'watch' };
  }
}
