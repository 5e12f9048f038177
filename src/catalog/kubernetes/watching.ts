import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import type { ApiFailure } from './failure.ts';
import { type Holdings, keyOf } from './holdings.ts';
import { slicer } from './listing.ts';
import { listVersion, rawObject } from './rawObject.ts';
import { readStatus } from './status.ts';
import { between, type ReflectorTiming } from './timing.ts';
import { MalformedWatch, type WatchEvent, type WatchEventType, watchEvents } from './watchEvents.ts';

/** How a watch ended. `progress` is true when it was worth opening: the next one may follow at once. */
export type WatchEnd =
  /** The server ended it, or it was silent for too long. */
  | { readonly kind: 'ended'; readonly progress: boolean }
  | { readonly kind: 'failed'; readonly progress: boolean; readonly failure: ApiFailure };

export interface WatchOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly path: string;
  readonly position: string;
  readonly signal: AbortSignal;
  readonly holdings: Holdings;
  onContact(): void;
  /** Everything up to here has been applied. */
  onPosition(type: Exclude<WatchEventType, 'ERROR'>, resourceVersion: string): void;
}

/** Applies one event; returns the failure when it is one. Throws MalformedWatch for an event without a version. */
function apply(event: WatchEvent, options: WatchOptions): ApiFailure | undefined {
  const { type, object } = event;
  if (type === 'ERROR') {
    const { code, message, retryAfterMs } = readStatus(object);
    return { kind: 'status', status: code ?? 500, message, retryAfterMs };
  }
  if (type === 'BOOKMARK') {
    const resourceVersion = listVersion(object);
    if (resourceVersion === undefined) throw new MalformedWatch('a bookmark has no resourceVersion');
    options.onPosition(type, resourceVersion);
    return undefined;
  }
  const identity = rawObject(object);
  if (!identity) throw new MalformedWatch('an event has no name or resourceVersion');
  const { holdings } = options;
  if (type === 'DELETED') holdings.drop(keyOf(identity));
  else holdings.take(holdings.read(identity, object, true));
  options.onPosition(type, identity.resourceVersion);
  return undefined;
}

/** Ends a watch that has been silent for too long: a half-open connection never says that it is broken. */
class IdleGuard {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #last: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, ms: number, onIdle: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#last = clock.now();
    this.#arm(ms);
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#last + this.#ms - this.#clock.now();
      if (left <= 0) this.#onIdle();
      else this.#arm(left);
    });
  }

  heard(): void {
    this.#last = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }
}

function pathOf({ path, position, clock, timing }: WatchOptions): string {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: position,
    timeoutSeconds: String(Math.round(between(timing.watchSeconds, clock))),
  });
  return `${path}?${query}`;
}

/** Opens one watch and applies its events in order until it ends. Never rejects, except for a fault of the sink. */
export async function watchOnce(options: WatchOptions): Promise<WatchEnd> {
  const { api, clock, timing, signal } = options;
  const idle = new AbortController();
  const either = new AbortController();
  const end = () => either.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let started = clock.now();
  let events = 0;
  const progress = () => events > 0 || clock.now() - started >= timing.shortWatch;
  let guard: IdleGuard | undefined;
  try {
    const opened = await api.watch(pathOf(options), { signal: either.signal, deadlineMs: timing.answer });
    if (!opened.ok) return { kind: 'failed', progress: false, failure: opened.failure };
    options.onContact();
    started = clock.now();
    guard = new IdleGuard(clock, between(timing.idle, clock), () => {
      idle.abort();
      end();
    });
    const heard = () => {
      guard?.heard();
      options.onContact();
    };
    const giveWay = slicer(clock, timing.slice);
    for await (const event of watchEvents(opened.value, heard)) {
      if (signal.aborted) break;
      const failure = apply(event, options);
      if (failure) return { kind: 'failed', progress: progress(), failure };
      events++;
      await giveWay();
    }
    return { kind: 'ended', progress: clock.now() - started >= timing.shortWatch };
  } catch (error) {
    if (idle.signal.aborted || signal.aborted) return { kind: 'ended', progress: true };
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (error instanceof MalformedWatch)
      return { kind: 'failed', progress: progress(), failure: { kind: 'malformed', message: error.message } };
    if (code === undefined) throw error;
    return { kind: 'failed', progress: progress(), failure: { kind: 'network', code } };
  } finally {
    guard?.stop();
    signal.removeEventListener('abort', end);
    either.abort();
  }
}
