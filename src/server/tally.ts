import { Counter, type CounterConfiguration } from 'prom-client';

/**
 * A counter for the path of a review. prom-client checks and hashes the labels at each call, a microsecond for each label;
 * here the label values are counted under their joined text, and prom-client is told when the metrics are read.
 * Returns the function that counts one: label values in the order of `labelNames`, none with a line break. What stands
 * in `zeros` is there from the start, since `rate` does not see a series begin.
 */
export function tally(
  config: CounterConfiguration<string> & { readonly labelNames: readonly string[] },
  zeros: Iterable<readonly string[]> = [],
): (...values: readonly string[]) => void {
  const counts = new Map<string, number>();
  const counter = new Counter({
    ...config,
    collect() {
      for (const [key, count] of counts) this.labels(...key.split('\n')).inc(count);
      counts.clear();
    },
  });
  for (const values of zeros) counter.labels(...values).inc(0);
  return (...values) => {
    const key = values.join('\n');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
}
