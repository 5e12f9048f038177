import type { Clock } from './clock.ts';

/** Gives way to everything else whenever a slice of work is used up. The slice is in milliseconds. */
export function slicer(clock: Clock, sliceMs: number): () => Promise<void> | undefined {
  let started = clock.now();
  return () => {
    if (clock.now() - started < sliceMs) return undefined;
    return clock.pause().then(() => {
      started = clock.now();
    });
  };
}
