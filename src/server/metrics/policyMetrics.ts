import { Gauge, type Registry } from 'prom-client';

/** What is known of the policy when the metrics are read. */
export interface PolicyState {
  /** Whether the last version of the policy file is the one in effect. */
  readonly current: boolean;
  readonly exceptions: { readonly active: number; readonly over: number };
}

/** Adds the gauges of the policy file. */
export function addPolicyGauges(registry: Registry, state: () => PolicyState): void {
  const registers = [registry];
  new Gauge({
    name: 'vmcp_admission_policy_current',
    help: 'Whether the policy in effect is the last version of its file; 0 while that version cannot be used.',
    registers,
    collect() {
      this.set(state().current ? 1 : 0);
    },
  });
  new Gauge({
    name: 'vmcp_admission_policy_exceptions',
    help: 'Exceptions of the policy, by state; those that are over have no effect any more.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const [name, count] of Object.entries(state().exceptions)) this.set({ state: name }, count);
    },
  });
}
