import { Gauge, type Registry } from 'prom-client';

/** The numbers of the looks at vMCP Pods. */
export interface StalePodNumbers {
  counts(): readonly { readonly namespace: string; readonly vmcp: string; readonly count: number }[];
  readonly lastLook: Date | undefined;
}

/** Adds the gauges of stale Pods, asked for when the metrics are read. */
export function addStalePodGauges(registry: Registry, numbers: StalePodNumbers): void {
  const registers = [registry];
  new Gauge({
    name: 'vmcp_admission_stale_pods',
    help: 'Pods of a vMCP that keep a configuration which new ones would not be given.',
    labelNames: ['namespace', 'vmcp'] as const,
    registers,
    collect() {
      this.reset();
      for (const { namespace, vmcp, count } of numbers.counts()) this.set({ namespace, vmcp }, count);
    },
  });
  new Gauge({
    name: 'vmcp_admission_stale_pods_last_look_timestamp_seconds',
    help: 'When the vMCP Pods were last compared, in seconds since 1970; 0 before the first time.',
    registers,
    collect() {
      this.set((numbers.lastLook?.getTime() ?? 0) / 1_000);
    },
  });
}
