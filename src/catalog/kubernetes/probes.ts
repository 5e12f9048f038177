import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError } from '../../apiClient/errors.ts';
import { oneAtATime } from '../../concurrency/oneAtATime.ts';
import type { Clock, ReflectorTiming } from './timing.ts';

export interface ProbeOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 8 * 1_024 * 1_024;

/** Why a call failed; undefined when it did not. */
function errorOf(call: Promise<unknown>): Promise<ApiError | undefined> {
  return call.then(() => undefined, asApiError);
}

/**
 * Returns a function that waits a while and then tells whether a collection is missing in every version; false also when the
 * API server does not answer. Callers that ask meanwhile get the same result: for a kind without a CRD a hundred namespaces cost no
 * more requests than one.
 */
export function sharedLook(options: ProbeOptions, paths: readonly string[]): () => Promise<boolean> {
  const { api, clock, timing, signal } = options;
  async function isMissing(): Promise<boolean> {
    await clock.sleep(timing.missingKind * (0.75 + clock.random() / 2), signal);
    for (const path of paths) {
      const call = api.page(`${path}?limit=1`, { deadlineMs: timing.answer, maxBytes: MAX_BYTES });
      const error = await errorOf(call);
      if (error?.status !== 404) return false;
    }
    return true;
  }
  return oneAtATime(isMissing);
}

/**
 * Sends a small request every few seconds, until the signal aborts. A connection that hangs says nothing, and on a quiet
 * watch a minute of silence is normal. So when a request was not answered in time, and a later one is, the watches are
 * on connections that may hang too: `onHung` is called. Any answer counts, also one that refuses.
 */
export async function watchConnections(
  { api, clock, timing, signal }: ProbeOptions,
  onHung: (error: ApiError) => void,
): Promise<void> {
  let hung: ApiError | undefined;
  while (!signal.aborted) {
    await clock.sleep(timing.heartbeat, signal);
    if (signal.aborted) return;
    const error = await errorOf(
      api.get('/version', { deadlineMs: timing.heartbeat / 2, maxBytes: MAX_BYTES }),
    );
    if (error?.reason === 'timeout') hung = error;
    else if (hung && (!error || error.status !== undefined)) {
      onHung(new ApiError('network', 'connections to the API server hang'));
      hung = undefined;
    }
  }
}
