import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Outcome } from '../../admission/outcome.ts';
import type { Capacity } from '../capacity.ts';
import { Meter } from './meter.ts';

/** The two webhooks, as they are named in paths, metrics and log lines. */
export const WEBHOOKS = ['validate', 'mutate'] as const;
export type Webhook = (typeof WEBHOOKS)[number];

/** Seconds: from a review out of memory to the longest deadline that is common. */
const BUCKETS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Gauges of prom-client's own set whose names end in `_total`, which is reserved for counters. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The operations that the configurations in deploy/ send, and their possible outcomes. */
const REVIEWS: readonly (readonly [Webhook, operations: readonly string[], outcomes: readonly string[]])[] = [
  ['validate', ['CREATE', 'UPDATE', 'DELETE'], ['allowed', 'denied', 'errored']],
  ['mutate', ['CREATE'], ['allowed', 'patched', 'denied', 'errored']],
];

/** Statuses of requests that are not answered with a review, by webhook; `none`: for another path, or before the path is known. */
const REFUSALS: Readonly<Record<Webhook | 'none', readonly number[]>> = {
  validate: [400, 405, 408, 413, 415, 429, 499],
  mutate: [400, 405, 408, 413, 415, 429, 499],
  none: [401, 403, 404, 500, 503],
};

/** The metrics of one server, in a registry of their own. Labels come from closed sets only. */
export interface Metrics {
  readonly registry: Registry;
  /** Adds the metrics of other parts. */
  readonly meter: Meter;
  /** One answered review; `seconds` from its first byte to its answer. */
  review(webhook: Webhook, operation: string, outcome: Outcome, seconds: number): void;
  /** One request that was not answered with a review; `code` is its HTTP status. */
  refused(webhook: Webhook | 'none', code: number): void;
}

/** Makes the metrics of one server. */
export function makeMetrics(version: string, capacity: Capacity): Metrics {
  const registry = new Registry();
  const meter = new Meter(registry);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  for (const name of MISNAMED) registry.removeSingleMetric(name);

  const reviews = meter.tally(
    'reviews_total',
    'Reviews answered, by webhook, operation and outcome (allowed, denied, patched, errored).',
    'webhook',
    'operation',
    'outcome',
  );
  const rules = meter.tally(
    'review_rules_total',
    'Rules and reasons that decided or warned in a review, by their ids.',
    'webhook',
    'rule',
  );
  const wouldDeny = meter.tally(
    'would_deny_total',
    'Reviews that a warn-only policy let pass, by the rules that would have denied the object and its kind.',
    'rule',
    'kind',
  );
  const duration = new Histogram({
    name: 'vmcp_admission_review_duration_seconds',
    help: 'Time from the first byte of a review to its answer.',
    labelNames: ['webhook'] as const,
    buckets: BUCKETS,
    registers: [registry],
  });
  const refusals = meter.counter(
    'refused_requests_total',
    'Requests that were not answered with a review, by HTTP status.',
    'webhook',
    'code',
  );
  meter.gauge('reviews_in_flight', 'Reviews in flight.', () => capacity.reviews);
  meter.gauge('body_bytes', 'Bytes of large bodies that reviews in flight hold.', () => capacity.bodyBytes);
  meter.gauges('build_info', 'Always 1; the labels say what is running.', ['version', 'node'], () => [
    [{ version, node: process.version }, 1],
  ]);
  // From the start: `rate` and `increase` do not see a series begin, so the first event would raise no alert.
  for (const [webhook, operations, outcomes] of REVIEWS) {
    duration.zero({ webhook });
    for (const operation of operations)
      for (const outcome of outcomes) reviews([webhook, operation, outcome], 0);
  }
  for (const [webhook, codes] of Object.entries(REFUSALS))
    for (const code of codes) refusals.inc({ webhook, code }, 0);

  return {
    registry,
    meter,
    review(webhook, operation, outcome, seconds) {
      reviews([webhook, operation, outcome.kind]);
      duration.observe({ webhook }, seconds);
      for (const rule of new Set(outcome.reasons)) rules([webhook, rule]);
      if (outcome.wouldDeny)
        for (const rule of outcome.wouldDeny.rules) wouldDeny([rule, outcome.wouldDeny.kind]);
    },
    refused: (webhook, code) => refusals.inc({ webhook, code }),
  };
}
