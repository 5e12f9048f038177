/** Called between two steps of long work; resolves when everything else that waited has had its turn. */
export type GiveWay = () => Promise<void> | undefined;

/** Milliseconds of work in one go: a review that waits for another one's base config waits no longer than this. */
const SLICE = 5;

/** Gives way whenever a slice is used up, counted over all work that shares it. */
export function slices(): GiveWay {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now();
        resolve();
      }),
    );
  };
}
