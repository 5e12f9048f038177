import { oneLine } from '../text/line.ts';
import type { Cause, CauseReason } from './cause.ts';
import type { Decided } from './outcome.ts';
import { type AdmissionRequest, REVIEW_API_VERSION } from './review.ts';
import { toWarnings } from './warnings.ts';

/** More causes than a person reads; the answer to an object with thousands of mistakes stays small. */
const MAX_CAUSES = 100;
/** Characters of the message that kubectl prints when several objects are applied at once. */
const MAX_MESSAGE_LENGTH = 8_192;
const MAX_FIELD_LENGTH = 512;
const MAX_NAME_LENGTH = 256;
const MAX_AUDIT_VALUE_LENGTH = 4_096;
const SEE_ALL = 'run `vmcp-admission check` to see all';

/** The `metav1.Status` inside a response. */
interface ResponseStatus {
  readonly status: 'Failure';
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: {
    readonly group: string;
    readonly kind: string;
    readonly name: string;
    readonly causes: readonly {
      readonly reason: CauseReason;
      readonly field: string;
      readonly message: string;
    }[];
  };
}

/** The AdmissionReview that answers a request. Source: `admission.k8s.io/v1`. */
export interface AdmissionReviewResponse {
  readonly apiVersion: typeof REVIEW_API_VERSION;
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: ResponseStatus;
    readonly patchType?: 'JSONPatch';
    /** Base64 of the JSON Patch document. */
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

/** The name of the reviewed object: of the request, else of the object, else its `generateName`. */
export function objectName(request: AdmissionRequest): string {
  if (request.name) return request.name;
  const metadata = (request.object as { metadata?: { name?: unknown; generateName?: unknown } } | null)
    ?.metadata;
  const name = metadata?.name || metadata?.generateName;
  return typeof name === 'string' ? name : '';
}

function cleanCause(cause: Cause): Cause {
  return {
    reason: cause.reason,
    field: oneLine(cause.field, MAX_FIELD_LENGTH),
    message: cause.message,
  };
}

/** `field: problem; field: problem`, and how many more when they do not all fit. */
function denialMessage(causes: readonly Cause[], total: number): string {
  const parts: string[] = [];
  let length = 0;
  for (const cause of causes) {
    const part = `${cause.field}: ${cause.message}`;
    length += part.length + 2;
    if (length > MAX_MESSAGE_LENGTH && parts.length > 0) break;
    parts.push(part);
  }
  const left = total - parts.length;
  return left === 0 ? parts.join('; ') : `${parts.join('; ')}; and ${left} more; ${SEE_ALL}`;
}

/**
 * The status of a denial. kubectl prints the causes when one object is applied and the message when several are,
 * so each carries everything.
 */
function denialStatus(request: AdmissionRequest, causes: readonly Cause[]): ResponseStatus {
  const shown = causes.slice(0, MAX_CAUSES).map(cleanCause);
  const message = denialMessage(shown, causes.length);
  const left = causes.length - shown.length;
  if (left > 0)
    shown.push({ reason: 'FieldValueInvalid', field: `and ${left} more`, message: oneLine(SEE_ALL) });
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message,
    details: {
      group: request.kind.group,
      kind: request.kind.kind,
      name: oneLine(objectName(request), MAX_NAME_LENGTH),
      causes: shown,
    },
  };
}

/** Audit annotations, a line each; undefined when there are none. */
function toAudit(audit: Readonly<Record<string, string>>): Record<string, string> | undefined {
  let cleaned: Record<string, string> | undefined;
  for (const key in audit) {
    cleaned ??= {};
    cleaned[key] = oneLine(audit[key] ?? '', MAX_AUDIT_VALUE_LENGTH);
  }
  return cleaned;
}

/** The answer to a request. Never longer than a few tens of KiB, but for the patch. */
export function toReview(request: AdmissionRequest, outcome: Decided): AdmissionReviewResponse {
  const warnings = outcome.warnings.length === 0 ? [] : toWarnings(outcome.warnings);
  const audit = toAudit(outcome.audit);
  const status = outcome.kind === 'denied' ? denialStatus(request, outcome.causes) : undefined;
  return {
    apiVersion: REVIEW_API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: status === undefined,
      ...(status && { status }),
      ...(outcome.kind === 'patched' && {
        patchType: 'JSONPatch' as const,
        patch: Buffer.from(JSON.stringify(outcome.patch)).toString('base64'),
      }),
      ...(warnings.length > 0 && { warnings }),
      ...(audit && { auditAnnotations: audit }),
    },
  };
}

/** The text of an answer, and its length in UTF-8. */
export interface AnswerText {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The answer to a request as JSON text. The base64 of a patch is put at its end as it is: it needs no escapes, and to look for
 * some takes as long as to make it. Nor is it copied to count its bytes.
 */
export function reviewText(request: AdmissionRequest, outcome: Decided): AnswerText {
  const review = toReview(request, outcome);
  if (review.response.patch === undefined) {
    const text = JSON.stringify(review);
    return { text, bytes: Buffer.byteLength(text) };
  }
  const { patch, ...others } = review.response;
  const head = JSON.stringify({ ...review, response: others }).slice(0, -2);
  const tail = `,"patch":"${patch}"}}`;
  return { text: head + tail, bytes: Buffer.byteLength(head) + tail.length };
}
