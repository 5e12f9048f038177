import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance as the reflectors see them; a test passes its own. */
export interface Clock {
  /** Milliseconds from a fixed moment; never goes back. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Resolves after the time in milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of the machine. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => {}),
};

/** How long a watch is asked for, by chance between two values, and when it counts as failed. In milliseconds. */
export interface WatchTiming {
  readonly min: number;
  readonly max: number;
  /**
   * Without an event or a bookmark for this long. The API server sends a bookmark every minute, and one 2 s before the end of
   * a watch. Source: `defaultBookmarkFrequency` and `nextBookmarkTime` of Kubernetes' apiserver.
   */
  readonly silence: number;
}

/** How patient a reflector is; all times in milliseconds. */
export interface ReflectorTiming {
  /** The waits after failures. A server that asks for a longer one than the maximum is asked again all the same. */
  readonly backoff: { readonly first: number; readonly max: number };
  /** For a whole page of a list, and for a watch to be accepted. */
  readonly answer: number;
  /**
   * A watch after one that worked: long, so that hundreds of them cost little, and random, so that replicas do not come back
   * together. Source: 5 to 10 minutes in client-go's reflector.
   */
  readonly watch: WatchTiming;
  /** The first watch after a failure: short, since nothing says yet that this one will not stay silent. */
  readonly trialWatch: WatchTiming;
  /** A watch that brings nothing and ends sooner has failed, so that a server which ends every watch is not asked in a loop. */
  readonly shortWatch: number;
  /** Between two looks whether a missing CRD is there. */
  readonly missingKind: number;
  /** Between two requests that find out whether connections hang. */
  readonly heartbeat: number;
}

/**
 * A copy must be right again at most 30 s after any fault ends: an answer that hangs (10 s) followed by the longest wait
 * (15 s) is below that, and so is a watch on trial that stays silent (20 s).
 */
export const REFLECTOR_TIMING: ReflectorTiming = {
  backoff: { first: 800, max: 15_000 },
  answer: 10_000,
  watch: { min: 300_000, max: 600_000, silence: 150_000 },
  trialWatch: { min: 10_000, max: 18_000, silence: 20_000 },
  shortWatch: 1_000,
  missingKind: 10_000,
  heartbeat: 10_000,
};

/**
 * The wait before attempt number `failures + 1`: doubled for each failure up to the maximum, then between half of it
 * and all of it, by chance.
 */
export function backoffMs({ backoff }: ReflectorTiming, failures: number, clock: Clock): number {
  const doubled = backoff.first * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  return Math.min(doubled, backoff.max) * (0.5 + clock.random() / 2);
}

/** How long the next watch is asked for, in milliseconds. */
export function watchMs({ min, max }: WatchTiming, clock: Clock): number {
  return min + (max - min) * clock.random();
}
