import { Counter, Gauge, type Registry } from 'prom-client';
import { type CatalogObserver, isStale, type KindStatus } from '../../catalog/kubernetes/observer.ts';
import type { Log } from '../log.ts';

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
export function addCatalogGauges(
  registry: Registry,
  statuses: () => readonly KindStatus[],
  budgetBytes: number,
): void {
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
  gauge(
    'synced',
    'Whether the first complete list is there and its watch was accepted, in every namespace.',
    (status) => (status.synced ? 1 : 0),
    Math.min,
  );
  gauge(
    'stale_copies',
    'Namespaces (1 for the whole cluster) in which the kind is not followed: its copy was last known to be right over three minutes ago.',
    (status) => (isStale(status) ? 1 : 0),
    sum,
  );
  gauge('bytes', 'What the objects take of the limit, as JSON.', (status) => status.bytes, sum);
  new Gauge({
    name: `${PREFIX}limit_bytes`,
    help: 'How much JSON the catalog may hold, a part of the heap; beyond it objects are not followed any more.',
    registers: [registry],
  }).set(budgetBytes);
  gauge(
    'age_seconds',
    'Time since the copy was last known to be right; +Inf before the first list.',
    (status) => (status.ageMs === undefined ? Number.POSITIVE_INFINITY : status.ageMs / 1_000),
    Math.max,
  );
}

const REPEAT_MS = 10_000;

/** Returns a function that is true for a key once in ten seconds: with a hundred namespaces one fault would be logged a hundred times. */
function seldom(): (key: string) => boolean {
  const next = new Map<string, number>();
  return (key) => {
    const now = performance.now();
    if (now < (next.get(key) ?? 0)) return false;
    next.set(key, now + REPEAT_MS);
    return true;
  };
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
    help: 'Reads of single objects within a review that failed; a missing object is not a failure.',
    labelNames: ['kind', 'reason'] as const,
    registers,
  });
  const isDue = seldom();
  return {
    listed(scope, objects, tookMs) {
      lists.inc({ kind: scope.kind });
      log.info({ ...scope, objects, ms: Math.round(tookMs) }, 'catalog listed');
    },
    absent: (scope) =>
      log.warn(scope, 'the cluster has no such kind (is ToolHive installed?); it counts as an empty list'),
    event: (kind, type) => events.inc({ kind, type }),
    relist(scope, reason) {
      relists.inc({ kind: scope.kind });
      log.info({ ...scope, reason }, 'catalog lists again');
    },
    failed({ kind, namespace, operation, reason, message, waitMs }) {
      failures.inc({ kind, operation });
      if (isDue(`${kind} ${operation} ${reason}`))
        log.warn(
          { kind, namespace, operation, reason: message, waitMs: Math.round(waitMs) },
          'catalog cannot read the cluster',
        );
    },
    readFailed: (kind, reason) => readFailures.inc({ kind, reason }),
    malformed: (kind, namespace, name, problem) =>
      log.warn({ kind, namespace, name, problem }, 'an object cannot be read and is left out of the catalog'),
  };
}
