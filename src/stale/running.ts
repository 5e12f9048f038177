import type { ComparedPod } from './staleness.ts';
import { type Workload, workloadText } from './workload.ts';

/** The Pods of a workload that keep a configuration from when they were made. */
export interface RunningPods {
  readonly workload: Workload;
  /** Undefined for self-managed Pods. */
  readonly virtualServer: string | undefined;
  readonly group: string | undefined;
  readonly pods: readonly string[];
}

/** The vMCP Pods of a namespace that run with an injected configuration, as of the last look. */
export type RunningIn = (namespace: string) => readonly RunningPods[];

/** The compared Pods by namespace and workload. */
export function runningPods(compared: readonly ComparedPod[]): ReadonlyMap<string, readonly RunningPods[]> {
  const pinned = compared.filter((pod) => pod.pinned);
  const workloads = Map.groupBy(pinned, ({ workload }) => workloadText(workload));
  const running = [...workloads.values()].flatMap((pods): RunningPods[] => {
    const [first] = pods;
    if (first === undefined) return [];
    const { workload, virtualServer, group } = first;
    return [{ workload, virtualServer, group, pods: pods.map(({ name }) => name).sort() }];
  });
  return Map.groupBy(running, ({ workload }) => workload.namespace);
}
