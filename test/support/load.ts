/** What came of many calls. */
export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  /** How long the calls took, sorted, in milliseconds. */
  readonly times: Float64Array;
  readonly failed: number;
  /** Why calls failed, and how many of each. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly p99: number;
  readonly max: number;
}

/** How a load runs: calls a second (as fast as possible without), and when it ends. */
export interface LoadOptions {
  readonly rate?: number;
  readonly goOn: (calls: number) => boolean;
  readonly workers?: number;
}

/** The value below which a share of sorted values lies. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Calls until `goOn` says no, at a steady rate or with as many workers as fast as they can. At a rate, waiting for earlier
 * calls is part of a call's time. Never rejects: calls that reject are counted by their code or message.
 */
export async function runLoad(
  { rate, goOn, workers = 16 }: LoadOptions,
  call: (index: number, worker: number) => Promise<void>,
): Promise<LoadResult> {
  const times: number[] = [];
  const reasons = new Map<string, number>();
  const start = performance.now();
  let next = 0;
  const work = async (_: unknown, worker: number) => {
    while (goOn(next)) {
      const index = next++;
      const due = rate === undefined ? performance.now() : start + (index * 1_000) / rate;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const from = early > 0 ? performance.now() : due;
      try {
        await call(index, worker);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = code ?? message;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const seconds = (performance.now() - start) / 1_000;
  const sorted = Float64Array.from(times).sort();
  return {
    calls: times.length,
    seconds,
    times: sorted,
    failed: [...reasons.values()].reduce((sum, count) => sum + count, 0),
    reasons,
    p99: quantile(sorted, 0.99),
    max: quantile(sorted, 1),
  };
}

/** `0 of 25,000 calls failed (p99 12 ms, max 40 ms)`. */
export function loadText({ calls, failed, reasons, p99, max }: LoadResult): string {
  const why = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  const sum = `${failed} of ${calls.toLocaleString('en')} calls failed`;
  return `${sum}${why ? `: ${why}` : ''} (p99 ${p99.toFixed(0)} ms, slowest ${max.toFixed(0)} ms)`;
}
