import type { BenchCase } from './cases.ts';
import type { Server } from './children.ts';
import { type Measuring, request } from './measure.ts';

const STEPS = 10;

/** Memory after so many reviews, bytes; the heap after everything that is garbage was collected. */
export interface SoakStep {
  readonly reviews: number;
  readonly heap: number;
  readonly rss: number;
}

/** Sends many reviews of all cases in turn, and looks at the memory ten times. */
export async function soak(
  cases: readonly BenchCase[],
  server: Server,
  total: number,
  measuring: Measuring,
  onStep: (step: SoakStep) => void,
): Promise<readonly SoakStep[]> {
  const steps: SoakStep[] = [];
  // As many of each as take about as long: the cases' own counts say how many.
  const weights = cases.reduce((sum, { count }) => sum + count, 0);
  for (let step = 1; step <= STEPS; step++) {
    for (const one of cases) {
      const count = Math.ceil((total / STEPS) * (one.count / weights));
      await measuring.client.run({ ...request(one, server, measuring), count }, async () => {});
    }
    const { heap, rss } = await server.ask({ ask: 'collect' });
    const seen = { reviews: Math.round((total / STEPS) * step), heap, rss };
    steps.push(seen);
    onStep(seen);
  }
  return steps;
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;

export function stepText({ reviews, heap, rss }: SoakStep): string {
  return `${reviews.toLocaleString('en')} reviews: heap ${mib(heap)}, RSS ${mib(rss)}`;
}

/** What grew from the second look, when everything was compiled, to the last. */
export function growthText(steps: readonly SoakStep[]): string {
  const [, warm] = steps;
  const last = steps.at(-1);
  if (!warm || !last) return 'too few reviews';
  const signed = (bytes: number) => `${bytes < 0 ? '−' : '+'}${mib(Math.abs(bytes))}`;
  const between = (last.reviews - warm.reviews).toLocaleString('en');
  return `over ${between} reviews the heap changed by ${signed(last.heap - warm.heap)}, RSS by ${signed(last.rss - warm.rss)}`;
}
