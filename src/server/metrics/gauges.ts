import { isStale, type KindStatus } from '../../catalog/kubernetes/observer.ts';
import type { Meter } from './meter.ts';

/** Adds the gauges of the catalog. */
export function addCatalogGauges(
  meter: Meter,
  statuses: () => readonly KindStatus[],
  budgetBytes: number,
): void {
  /** One number per kind, of those of all its namespaces. */
  const perKind = (
    name: string,
    help: string,
    value: (status: KindStatus) => number,
    join: (...values: number[]) => number,
  ) =>
    meter.gauges(`catalog_${name}`, help, ['kind'], () =>
      [...Map.groupBy(statuses(), ({ kind }) => kind)].map(
        ([kind, ofKind]) => [{ kind }, join(...ofKind.map(value))] as const,
      ),
    );
  const sum = (...values: number[]) => values.reduce((total, value) => total + value, 0);
  perKind('objects', 'Objects that the catalog holds.', ({ objects }) => objects, sum);
  perKind(
    'malformed_objects',
    'Objects that cannot be read and are left out.',
    ({ malformed }) => malformed,
    sum,
  );
  perKind(
    'synced',
    'Whether the first complete list is there and its watch was accepted, in every namespace.',
    ({ synced }) => Number(synced),
    Math.min,
  );
  perKind(
    'stale_copies',
    'Namespaces (1 for the whole cluster) in which the kind is not followed: its copy was last known to be right over three minutes ago.',
    (status) => Number(isStale(status)),
    sum,
  );
  perKind('bytes', 'What the objects take of the limit, as JSON.', ({ bytes }) => bytes, sum);
  perKind(
    'age_seconds',
    'Time since the copy was last known to be right; +Inf before the first list.',
    ({ ageMs = Number.POSITIVE_INFINITY }) => ageMs / 1_000,
    Math.max,
  );
  meter.gauge(
    'catalog_limit_bytes',
    'How much JSON the catalog may hold, a part of the heap; beyond it objects are not followed any more.',
    () => budgetBytes,
  );
}

/** The numbers of the scan of what is stored. */
export interface FindingNumbers {
  counts(): Iterable<{ readonly rule: string; readonly level: string; readonly count: number }>;
  readonly pending: boolean;
}

/** Adds the gauges of the findings of stored objects. */
export function addFindingGauges(meter: Meter, numbers: FindingNumbers): void {
  meter.gauges(
    'stored_findings',
    'Findings of the objects that the catalog holds, judged as if they were applied now, by rule and level.',
    ['rule', 'level'],
    () => [...numbers.counts()].map(({ rule, level, count }) => [{ rule, level }, count] as const),
  );
  meter.gauge('stored_findings_pending', 'Whether changes of stored objects are not judged yet.', () =>
    Number(numbers.pending),
  );
}

/** What is known of the policy when the metrics are read. */
export interface PolicyState {
  /** Whether the last version of the policy file is the one in effect. */
  readonly current: boolean;
  readonly exceptions: { readonly active: number; readonly over: number };
}

/** Adds the gauges of the policy file. */
export function addPolicyGauges(meter: Meter, state: () => PolicyState): void {
  meter.gauge(
    'policy_current',
    'Whether the policy in effect is the last version of its file; 0 while that version cannot be used.',
    () => Number(state().current),
  );
  meter.gauges(
    'policy_exceptions',
    'Exceptions of the policy, by state; those that are over have no effect any more.',
    ['state'],
    () => Object.entries(state().exceptions).map(([name, count]) => [{ state: name }, count] as const),
  );
}

/** The numbers of the looks at vMCP Pods. */
export interface StalePodNumbers {
  counts(): readonly { readonly namespace: string; readonly vmcp: string; readonly count: number }[];
  readonly lastLook: Date | undefined;
}

/** Adds the gauges of stale Pods. */
export function addStalePodGauges(meter: Meter, numbers: StalePodNumbers): void {
  meter.gauges(
    'stale_pods',
    'Pods of a vMCP that keep a configuration which new ones would not be given.',
    ['namespace', 'vmcp'],
    () => numbers.counts().map(({ namespace, vmcp, count }) => [{ namespace, vmcp }, count] as const),
  );
  meter.gauge(
    'stale_pods_last_look_timestamp_seconds',
    'When the vMCP Pods were last compared, in seconds since 1970; 0 before the first time.',
    () => (numbers.lastLook?.getTime() ?? 0) / 1_000,
  );
}
