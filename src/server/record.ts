import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from '../admission/outcome.ts';
import { objectName } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import { oneLine } from '../text/line.ts';
import type { Attributes } from '../tracing/span.ts';
import type { ReviewTrace } from '../tracing/tracer.ts';
import type { Log } from './log.ts';
import type { Metrics, Webhook } from './metrics/metrics.ts';
import type { Refusal } from './status.ts';

/** One HTTP request that is handled. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When its first byte came, by `performance.now()`. */
  readonly start: number;
  /** Undefined for a request that is not traced. */
  readonly trace: ReviewTrace | undefined;
}

/**
 * Where the end of a request is recorded: once for each, by one of the functions below. A request that has no route or fails
 * outside of a webhook is counted in `app.ts`.
 */
export interface Records {
  /** `none` for a request that reached no webhook. */
  readonly webhook: Webhook | 'none';
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Records that a request is not answered with a review. */
export function recordRefusal(
  { webhook, metrics, log }: Records,
  { socket }: IncomingMessage,
  { code, message, detail }: Refusal,
  trace?: ReviewTrace,
): void {
  metrics.refused(webhook, code);
  log.warn({ webhook, code, problem: message, detail, from: socket.remoteAddress }, 'refused');
  trace?.end({ 'admission.webhook': webhook, 'http.response.status_code': code }, message);
}

/** Records that the caller went away; `uid` is that of its review, when that was read. */
export function recordGone({ webhook, metrics, log }: Records, { trace }: Call, uid?: string): void {
  const message = 'the caller closed the connection before the answer';
  metrics.refused(webhook, 499);
  log.info({ webhook, uid }, message);
  trace?.end({ 'admission.webhook': webhook, 'admission.uid': uid && oneLine(uid, 64) }, message);
}

/** What the log and the trace say of a review: no contents of bodies or headers. */
function subjectOf({ webhook }: Records, request: AdmissionRequest, outcome: Outcome) {
  return {
    webhook,
    outcome: outcome.kind,
    uid: oneLine(request.uid, 64),
    operation: request.operation,
    kind: oneLine(request.kind.kind, 64),
    namespace: oneLine(request.namespace ?? '', 64),
    name: oneLine(objectName(request), 256),
    warnings: outcome.warnings.length,
  };
}

/** The level of the log line of a review: `debug` for one that leaves an object as it is, as nearly all do. */
function levelOf({ webhook }: Records, { kind, warnings, wouldDeny }: Outcome): 'debug' | 'info' | 'warn' {
  if (kind === 'errored') return 'warn';
  // The warning about a Pod that an operator made reaches only the operator, so it is logged.
  const isUnfilled = webhook === 'mutate' && warnings.length > 0;
  return kind === 'allowed' && !isUnfilled && !wouldDeny ? 'debug' : 'info';
}

function logReview(records: Records, request: AdmissionRequest, outcome: Outcome, ms: number): void {
  const level = levelOf(records, outcome);
  if (!records.log.isLevelEnabled(level)) return;
  const { subResource, userInfo, dryRun } = request;
  records.log[level](
    {
      ...subjectOf(records, request, outcome),
      ...(subResource && { subResource: oneLine(subResource, 64) }),
      user: oneLine(userInfo?.username ?? '', 256),
      ...(dryRun && { dryRun }),
      reasons: outcome.reasons,
      ...(outcome.wouldDeny && { wouldDeny: outcome.wouldDeny.rules }),
      ...(records.webhook === 'mutate' && { injection: outcome.audit }),
      ...(outcome.kind === 'denied' && {
        fields: outcome.causes.slice(0, 20).map(({ field }) => oneLine(field, 128)),
      }),
      ...(outcome.kind === 'errored' && { code: outcome.code, error: oneLine(outcome.message, 300) }),
      ms: Math.round(ms * 100) / 100,
    },
    'review',
  );
}

function attributesOf(records: Records, request: AdmissionRequest, outcome: Outcome): Attributes {
  const subject = Object.entries(subjectOf(records, request, outcome));
  return {
    ...Object.fromEntries(subject.map(([name, value]) => [`admission.${name}`, value])),
    'admission.subresource': request.subResource && oneLine(request.subResource, 64),
    'admission.dry_run': request.dryRun === true,
    'admission.allowed': outcome.kind === 'allowed' || outcome.kind === 'patched',
    'admission.rules': outcome.reasons,
    'http.response.status_code': outcome.kind === 'errored' ? outcome.code : 200,
  };
}

/** Records that a review was answered, also with a failure. */
export function recordReview(
  records: Records & { readonly webhook: Webhook },
  { start, trace }: Call,
  request: AdmissionRequest,
  outcome: Outcome,
): void {
  const ms = performance.now() - start;
  records.metrics.review(records.webhook, request.operation, outcome, ms / 1_000);
  logReview(records, request, outcome, ms);
  const error = outcome.kind === 'errored' ? oneLine(outcome.message, 300) : undefined;
  trace?.end(attributesOf(records, request, outcome), error);
}
