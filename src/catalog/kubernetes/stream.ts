import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import type { ApiFailure } from './failure.ts';
import { IdleGuard } from './idleGuard.ts';
import { MalformedAnswer } from './malformed.ts';

export interface StreamOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Until the answer begins, in milliseconds. */
  readonly answerMs: number;
  /** From then on without a word, in milliseconds; what counts as one, `consume` tells the guard. */
  readonly idleMs: number;
}

/** What became of a streamed answer. */
export type StreamEnd<T> =
  | { readonly kind: 'consumed'; readonly value: T }
  /** Nothing came for the time allowed. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

/**
 * Opens a streamed answer and lets `consume` read it; however that ends, the connection is not left behind half read.
 * Rejects only with what `consume` throws of its own, other than MalformedAnswer.
 */
export async function readStream<T>(
  options: StreamOptions,
  consume: (chunks: AsyncIterable<Uint8Array>, guard: IdleGuard) => Promise<T>,
): Promise<StreamEnd<T>> {
  const { api, clock, signal, idleMs } = options;
  const either = new AbortController();
  const end = () => either.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let idle = false;
  let guard: IdleGuard | undefined;
  try {
    const opened = await api.stream(options.path, { signal: either.signal, deadlineMs: options.answerMs });
    if (!opened.ok) return { kind: 'failed', failure: opened.failure };
    guard = new IdleGuard(clock, idleMs, () => {
      idle = true;
      end();
    });
    return { kind: 'consumed', value: await consume(opened.value, guard) };
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' };
    if (idle) return { kind: 'idle' };
    if (error instanceof MalformedAnswer)
      return { kind: 'failed', failure: { kind: 'malformed', message: error.message } };
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return { kind: 'failed', failure: { kind: 'network', code } };
  } finally {
    guard?.stop();
    signal.removeEventListener('abort', end);
    either.abort();
  }
}
