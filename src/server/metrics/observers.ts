import type { CatalogObserver, KindStatus } from '../../catalog/kubernetes/observer.ts';
import type { ExportObserver } from '../../tracing/exporter.ts';
import type { Log } from '../log.ts';
import type { Meter } from './meter.ts';

/** Milliseconds between two log lines about the same fault of the API server: each of a hundred namespaces notices it. */
const FAULT_REPEAT = 10_000;
/** Milliseconds between two log lines about spans that were dropped. */
const DROPPED_REPEAT = 60_000;

/** Returns a function that is true for a key once in a while. */
function seldom(ms: number): (key: string) => boolean {
  const next = new Map<string, number>();
  return (key) => {
    const now = performance.now();
    if (now < (next.get(key) ?? 0)) return false;
    next.set(key, now + ms);
    return true;
  };
}

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
  const isDue = seldom(FAULT_REPEAT);
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

/** Counts the spans that were exported and dropped; why some were dropped is logged once a minute. */
export function traceObserver(meter: Meter, log: Log): ExportObserver {
  const spans = meter.counter(
    'trace_spans_total',
    'Spans of reviews, by what became of them (exported, dropped).',
    'outcome',
  );
  for (const outcome of ['exported', 'dropped']) spans.inc({ outcome }, 0);
  const isDue = seldom(DROPPED_REPEAT);
  let untold = 0;
  return {
    exported: (count) => spans.inc({ outcome: 'exported' }, count),
    dropped(count, problem) {
      spans.inc({ outcome: 'dropped' }, count);
      untold += count;
      if (!isDue('dropped')) return;
      log.warn({ spans: untold, problem }, 'spans dropped: the trace collector did not take them');
      untold = 0;
    },
  };
}
