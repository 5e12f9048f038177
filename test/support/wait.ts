import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is not undefined, and returns it. Waits for a fact, never for a time.
 * @throws when `withinMs` has passed, with what `describe` says of the state then.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  options: { readonly withinMs?: number; readonly everyMs?: number; readonly describe?: () => string } = {},
): Promise<T> {
  const { withinMs = 60_000, everyMs = 100, describe = () => '' } = options;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms. ${describe()}`);
    await delay(everyMs);
  }
}

/** A port of 127.0.0.1 that is free now; it may be taken before it is used, so its user has to be ready to retry. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
