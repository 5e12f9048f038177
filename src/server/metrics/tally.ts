import { Counter, type CounterConfiguration } from 'prom-client';

/**
 * A counter for the path of a review; returns the function that counts one, with the label values in the order of
 * `labelNames`. prom-client checks and hashes labels at each call, which is 4 % of a denial with seven causes; here the
 * values are counted under their joined text, and prom-client is told when the metrics are read. No value has a line break.
 */
export function tally(
  config: CounterConfiguration<string> & { readonly labelNames: readonly string[] },
): (values: readonly string[], times?: number) => void {
  const counts = new Map<string, number>();
  new Counter({
    ...config,
    collect() {
      for (const [key, count] of counts) this.labels(...key.split('\n')).inc(count);
      counts.clear();
    },
  });
  return (values, times = 1) => {
    const key = values.join('\n');
    counts.set(key, (counts.get(key) ?? 0) + times);
  };
}
