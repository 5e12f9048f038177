/** Yields to the event loop when a slice of work is used up. */
export type Pause = () => Promise<void>;

/** Milliseconds of work in one go: a review that waits for the base config of another one waits no longer than this. */
const SLICE = 5;

/** Counts slices over all work that shares the function. */
export function slices(): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
