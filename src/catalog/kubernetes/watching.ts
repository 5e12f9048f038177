import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import type { ApiFailure } from './failure.ts';
import { type Holdings, keyOf } from './holdings.ts';
import { MalformedAnswer } from './malformed.ts';
import { listVersion, rawObject } from './rawObject.ts';
import { slicer } from './slices.ts';
import { readStatus } from './status.ts';
import { readStream } from './stream.ts';
import { between, type ReflectorTiming } from './timing.ts';
import { type WatchEvent, type WatchEventType, watchEvents } from './watchEvents.ts';

/** How a watch ended. `progress` is true when it was worth opening: the next one may follow at once. */
export type WatchEnd =
  /** The server ended it. */
  | { readonly kind: 'ended'; readonly progress: boolean }
  /** It was silent for too long, or is no longer wanted. */
  | { readonly kind: 'silent'; readonly progress: true }
  | { readonly kind: 'failed'; readonly progress: boolean; readonly failure: ApiFailure };

export interface WatchOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly path: string;
  readonly position: string;
  readonly signal: AbortSignal;
  readonly holdings: Holdings;
  /** Everything up to here has been applied. */
  onPosition(type: Exclude<WatchEventType, 'ERROR'>, resourceVersion: string): void;
}

/** Applies one event; returns the failure when it is one. Throws MalformedAnswer for an event without a version. */
function apply(event: WatchEvent, options: WatchOptions): ApiFailure | undefined {
  const { type, object } = event;
  if (type === 'ERROR') {
    const { code, message, retryAfterMs } = readStatus(object);
    return { kind: 'status', status: code ?? 500, message, retryAfterMs };
  }
  if (type === 'BOOKMARK') {
    const resourceVersion = listVersion(object);
    if (resourceVersion === undefined) throw new MalformedAnswer('a bookmark has no resourceVersion');
    options.onPosition(type, resourceVersion);
    return undefined;
  }
  const identity = rawObject(object);
  if (!identity) throw new MalformedAnswer('an event has no name or resourceVersion');
  const { holdings } = options;
  if (type === 'DELETED') holdings.drop(keyOf(identity));
  else holdings.take(holdings.read(identity, object, true));
  options.onPosition(type, identity.resourceVersion);
  return undefined;
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

/**
 * Opens one watch and applies its events in order until it ends. Rejects only for a fault of the sink. A watch that
 * was silent for too long has only ended: the next one goes on where it stood.
 */
export async function watchOnce(options: WatchOptions): Promise<WatchEnd> {
  const { api, clock, timing, signal } = options;
  let started = clock.now();
  let events = 0;
  const lasted = () => clock.now() - started >= timing.shortWatch;
  const stream = {
    api,
    clock,
    signal,
    path: pathOf(options),
    answerMs: timing.answer,
    idleMs: timing.idle,
  };
  const end = await readStream(stream, async (chunks, guard) => {
    started = clock.now();
    const giveWay = slicer(clock, timing.slice);
    for await (const event of watchEvents(chunks)) {
      if (signal.aborted) return undefined;
      const failure = apply(event, options);
      if (failure) return failure;
      events++;
      // Not for every byte: what never becomes an event is as bad as silence.
      guard.heard();
      await giveWay();
    }
    return undefined;
  });
  if (end.kind === 'idle' || end.kind === 'aborted') return { kind: 'silent', progress: true };
  const failure = end.kind === 'failed' ? end.failure : end.value;
  if (failure) return { kind: 'failed', progress: events > 0, failure };
  return { kind: 'ended', progress: lasted() };
}
