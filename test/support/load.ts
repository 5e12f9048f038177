/** What came of many calls. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  /** Why calls failed, and how many of each. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly p99: number;
  readonly max: number;
}

/** How a load runs: calls a second, and when it ends. */
export interface LoadOptions {
  readonly rate: number;
  readonly goOn: (calls: number) => boolean;
  readonly workers?: number;
}

/** Calls at a steady rate until `goOn` says no. Never rejects: calls that reject are counted by their code or message. */
export async function runLoad(
  { rate, goOn, workers = 16 }: LoadOptions,
  call: (index: number) => Promise<void>,
): Promise<LoadResult> {
  const times: number[] = [];
  const reasons = new Map<string, number>();
  const start = performance.now();
  let next = 0;
  const work = async () => {
    while (goOn(next)) {
      const index = next++;
      const early = start + (index * 1_000) / rate - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const from = performance.now();
      try {
        await call(index);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = code ?? message;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  times.sort((a, b) => a - b);
  return {
    calls: times.length,
    failed: [...reasons.values()].reduce((sum, count) => sum + count, 0),
    reasons,
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
    max: times.at(-1) ?? 0,
  };
}

/** `0 of 25,000 calls failed (p99 12 ms, max 40 ms)`. */
export function loadText({ calls, failed, reasons, p99, max }: LoadResult): string {
  const why = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  const sum = `${failed} of ${calls.toLocaleString('en')} calls failed`;
  return `${sum}${why ? `: ${why}` : ''} (p99 ${p99.toFixed(0)} ms, slowest ${max.toFixed(0)} ms)`;
}
