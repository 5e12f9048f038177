import type { IncomingMessage } from 'node:http';
import type { Catalog } from '../../catalog/catalog.ts';
import type { HandlerDeps } from '../../server/handler.ts';
import type { Log } from '../../server/log.ts';
import type { Meter } from '../../server/metrics/meter.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import { tracingSettings } from '../../settings.ts';
import type { ExportObserver } from '../../tracing/exporter.ts';
import { seldom } from './seldom.ts';

/** Milliseconds between two log lines about spans that were dropped. */
const DROPPED_REPEAT = 60_000;

/** What `serve` does with traces. */
export interface OpenTracer {
  readonly trace: NonNullable<HandlerDeps['trace']>;
  /** The catalog, each of whose live reads is a step. */
  catalog(catalog: Catalog): Catalog;
  /** Sends what waits. Resolves within some seconds. */
  stop(): Promise<void>;
}

function traceparentOf({ headers }: IncomingMessage): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
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

/** Opens the export of traces when the variables of OpenTelemetry ask for it; nothing of it is loaded otherwise. */
export async function openTracer(log: Log, { meter }: Metrics): Promise<OpenTracer | undefined> {
  const { settings, problems } = tracingSettings();
  if (problems.length > 0) log.warn({ problems }, 'variables of OpenTelemetry that are not used as they are');
  if (settings === undefined) return undefined;
  const [{ Tracer }, { tracedCatalog }] = await Promise.all([
    import('../../tracing/tracer.ts'),
    import('../../tracing/tracedCatalog.ts'),
  ]);
  const tracer = new Tracer(settings, traceObserver(meter, log));
  log.info({ collector: settings.endpoint.host, sampler: settings.sampler }, 'reviews are traced');
  return {
    trace: (webhook, request) => tracer.begin(`review ${webhook}`, traceparentOf(request)),
    catalog: tracedCatalog,
    stop: () => tracer.stop(),
  };
}
