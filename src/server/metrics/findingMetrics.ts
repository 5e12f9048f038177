import { Gauge, type Registry } from 'prom-client';

/** The numbers of the scan of what is stored. */
export interface FindingNumbers {
  counts(): Iterable<{ readonly rule: string; readonly level: string; readonly count: number }>;
  readonly pending: boolean;
}

/** Adds the gauges of the findings of stored objects, asked for when the metrics are read. */
export function addFindingGauges(registry: Registry, numbers: FindingNumbers): void {
  const registers = [registry];
  new Gauge({
    name: 'vmcp_admission_stored_findings',
    help: 'Findings of the objects that the catalog holds, judged as if they were applied now, by rule and level.',
    labelNames: ['rule', 'level'] as const,
    registers,
    collect() {
      for (const { rule, level, count } of numbers.counts()) this.set({ rule, level }, count);
    },
  });
  new Gauge({
    name: 'vmcp_admission_stored_findings_pending',
    help: 'Whether changes of stored objects are not judged yet.',
    registers,
    collect() {
      this.set(numbers.pending ? 1 : 0);
    },
  });
}
