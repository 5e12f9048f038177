import { Counter, Gauge, type Registry } from 'prom-client';

const PREFIX = 'vmcp_admission_';

/** Makes the metrics of this program in a registry. Their names are given without the prefix `vmcp_admission_`. */
export class Meter {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter<const L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] });
  }

  /**
   * Makes a counter for the path of a review; returns the function that counts one, with the label values in the order of
   * `labelNames`. prom-client checks and hashes labels at each call, which is 4 % of a denial with seven causes; here the
   * values are counted under their joined text, and passed to prom-client when the metrics are read. No value has a line break.
   */
  tally(
    name: string,
    help: string,
    ...labelNames: string[]
  ): (values: readonly string[], times?: number) => void {
    const counts = new Map<string, number>();
    new Counter({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.#registry],
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

  /** Adds a gauge whose value is asked for when the metrics are read. */
  gauge(name: string, help: string, value: () => number): void {
    this.gauges(name, help, [], () => [[{}, value()]]);
  }

  /** Adds a gauge with labels. Its series are computed when the metrics are read; one that is no longer returned disappears. */
  gauges<const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    series: () => Iterable<readonly [labels: Readonly<Record<L, string>>, value: number]>,
  ): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of series()) this.set(labels, value);
      },
    });
  }
}
