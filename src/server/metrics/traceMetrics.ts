import { Counter, type Registry } from 'prom-client';
import type { ExportObserver } from '../../tracing/exporter.ts';
import type { Log } from '../log.ts';

/** Milliseconds between two log lines about spans that were dropped. */
const REPEAT = 60_000;

/** Counts the spans that were exported and dropped; why some were dropped is logged once a minute. */
export function traceObserver(registry: Registry, log: Log): ExportObserver {
  const spans = new Counter({
    name: 'vmcp_admission_trace_spans_total',
    help: 'Spans of reviews, by what became of them (exported, dropped).',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  for (const outcome of ['exported', 'dropped']) spans.inc({ outcome }, 0);
  let silentUntil = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return {
    exported: (count) => spans.inc({ outcome: 'exported' }, count),
    dropped(count, problem) {
      spans.inc({ outcome: 'dropped' }, count);
      untold += count;
      const now = performance.now();
      if (now < silentUntil) return;
      log.warn({ spans: untold, problem }, 'spans dropped: the trace collector did not take them');
      silentUntil = now + REPEAT;
      untold = 0;
    },
  };
}
