import type { Outcome } from '../admission/outcome.ts';
import { objectName } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import { oneLine } from '../text/line.ts';
import type { Attributes } from '../tracing/span.ts';
import type { Webhook } from './metrics/metrics.ts';

/** What a trace says of a review: what the log says, and no contents. */
export function reviewAttributes(webhook: Webhook, request: AdmissionRequest, outcome: Outcome): Attributes {
  return {
    'admission.webhook': webhook,
    'admission.uid': oneLine(request.uid, 64),
    'admission.operation': request.operation,
    'admission.kind': oneLine(request.kind.kind, 64),
    'admission.namespace': oneLine(request.namespace ?? '', 64),
    'admission.name': oneLine(objectName(request), 256),
    'admission.subresource': request.subResource ? oneLine(request.subResource, 64) : undefined,
    'admission.dry_run': request.dryRun === true,
    'admission.outcome': outcome.kind,
    'admission.allowed': outcome.kind === 'allowed' || outcome.kind === 'patched',
    'admission.rules': outcome.reasons,
    'admission.warnings': outcome.warnings.length,
    'http.response.status_code': outcome.kind === 'errored' ? outcome.code : 200,
  };
}
