import { type CatalogObserver, isStale, type KindStatus } from '../../catalog/kubernetes/observer.ts';
import type { Log } from '../../server/log.ts';
import type { Meter } from '../../server/metrics/meter.ts';
import { seldom } from './seldom.ts';

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

/** Milliseconds between two log lines about the same fault of the API server: each of a hundred namespaces notices it. */
const REPEAT = 10_000;

/** Counts and logs what the reflectors of these kinds tell. */
export function catalogObserver(
  meter: Meter,
  log: Log,
  kinds: readonly KindStatus['kind'][],
): CatalogObserver {
  const lists = meter.counter('catalog_lists_total', 'Complete lists that were taken over.', 'kind');
  const events = meter.counter('catalog_events_total', 'Watch events.', 'kind', 'type');
  const relists = meter.counter(
    'catalog_relists_total',
    'Watches that had to start over with a list.',
    'kind',
  );
  const failures = meter.counter(
    'catalog_failures_total',
    'Lists and watches that failed.',
    'kind',
    'operation',
  );
  // From the start, since `rate` does not see a series begin.
  for (const kind of kinds) for (const operation of ['list', 'watch']) failures.inc({ kind, operation }, 0);
  const readFailures = meter.counter(
    'catalog_read_failures_total',
    'Reads of single objects within a review that failed; a missing object is not a failure.',
    'kind',
    'reason',
  );
  const isDue = seldom(REPEAT);
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
    readFailed(kind, reason, message) {
      readFailures.inc({ kind, reason });
      if (isDue(`${kind} read ${reason}`))
        log.warn({ kind, operation: 'get', reason: message }, 'an object of the cluster could not be read');
    },
    malformed: (kind, namespace, name, problem) =>
      log.warn({ kind, namespace, name, problem }, 'an object cannot be read and is left out of the catalog'),
  };
}
