import { performance } from 'node:perf_hooks';

/** Time and chance as the reflectors see them; a test passes its own. */
export interface Clock {
  /** Milliseconds from a fixed moment; never goes back. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Calls back once after a time in milliseconds; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
  /** Lets everything else that waits for the event loop run. */
  pause(): Promise<void>;
}

/** The clock of the machine. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after the time, or at once when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
