import { Counter, Gauge, type Registry } from 'prom-client';
import type { CatalogObserver, KindStatus } from '../catalog/kubernetes/observer.ts';
import type { Log } from './log.ts';

const PREFIX = 'vmcp_admission_catalog_';

/** One number per kind, over all its namespaces. */
function byKind(
  statuses: readonly KindStatus[],
  value: (status: KindStatus) => number,
  join: (a: number, b: number) => number,
): Map<string, number> {
  const values = new Map<string, number>();
  for (const status of statuses) {
    const before = values.get(status.kind);
    values.set(status.kind, before === undefined ? value(status) : join(before, value(status)));
  }
  return values;
}

/** Adds the gauges of the catalog, asked for when the metrics are read. */
export function addCatalogGauges(registry: Registry, statuses: () => readonly KindStatus[]): void {
  const gauge = (
    name: string,
    help: string,
    value: (status: KindStatus) => number,
    join: (a: number, b: number) => number,
  ) =>
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: ['kind'] as const,
      registers: [registry],
      collect() {
        this.reset();
        for (const [kind, number] of byKind(statuses(), value, join)) this.set({ kind }, number);
      },
    });
  const sum = (a: number, b: number) => a + b;
  gauge('objects', 'Objects that the catalog holds.', (status) => status.objects, sum);
  gauge(
    'malformed_objects',
    'Objects that cannot be read and are left out.',
    (status) => status.malformed,
    sum,
  );
  gauge('synced', 'Whether the first complete list is there.', (status) => (status.synced ? 1 : 0), Math.min);
  gauge(
    'age_seconds',
    'Time since the copy was last known to be right; +Inf before the first list.',
    (status) => (status.ageMs === undefined ? Number.POSITIVE_INFINITY : status.ageMs / 1_000),
    Math.max,
  );
}

/** Counts and logs what the reflectors of these kinds tell. */
export function catalogObserver(
  registry: Registry,
  log: Log,
  kinds: readonly KindStatus['kind'][],
): CatalogObserver {
  const registers = [registry];
  const lists = new Counter({
    name: `${PREFIX}lists_total`,
    help: 'Complete lists that were taken over.',
    labelNames: ['kind'] as const,
    registers,
  });
  const events = new Counter({
    name: `${PREFIX}events_total`,
    help: 'Watch events.',
    labelNames: ['kind', 'type'] as const,
    registers,
  });
  const relists = new Counter({
    name: `${PREFIX}relists_total`,
    help: 'Watches that had to start over with a list.',
    labelNames: ['kind'] as const,
    registers,
  });
  const failures = new Counter({
    name: `${PREFIX}failures_total`,
    help: 'Lists and watches that failed.',
    labelNames: ['kind', 'operation'] as const,
    registers,
  });
  // From the start, since `rate` does not see a series begin.
  for (const kind of kinds) for (const operation of ['list', 'watch']) failures.inc({ kind, operation }, 0);
  const readFailures = new Counter({
    name: `${PREFIX}read_failures_total`,
    help: 'Reads of single objects within a review that failed; a missing object is no failure.',
    labelNames: ['kind', 'reason'] as const,
    registers,
  });
  return {
    listed(kind, objects, tookMs) {
      lists.inc({ kind });
      log.info({ kind, objects, ms: Math.round(tookMs) }, 'catalog listed');
    },
    absent: (kind) =>
      log.warn({ kind }, 'the cluster has no such kind (is ToolHive installed?); it counts as an empty list'),
    event: (kind, type) => events.inc({ kind, type }),
    relist(kind, reason) {
      relists.inc({ kind });
      log.info({ kind, reason }, 'catalog lists again');
    },
    failed(kind, operation, reason, waitMs) {
      failures.inc({ kind, operation });
      log.warn({ kind, operation, reason, waitMs: Math.round(waitMs) }, 'catalog cannot read the cluster');
    },
    readFailed: (kind, reason) => readFailures.inc({ kind, reason }),
    malformed: (kind, namespace, name, problem) =>
      log.warn({ kind, namespace, name, problem }, 'an object cannot be read and is left out of the catalog'),
  };
}
