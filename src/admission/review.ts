import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { oneLine } from '../text.ts';

export const REVIEW_API_VERSION = 'admission.k8s.io/v1';

/**
 * The AdmissionReview of `admission.k8s.io/v1`, as far as a webhook uses it. The objects inside stay `unknown`:
 * each is judged by the schema of its own kind.
 */
const requestWire = z.object({
  // A UID of Kubernetes has 36 characters; it is echoed in the answer and in logs, so it has a limit.
  uid: z.string().min(1).max(256),
  kind: z.object({ group: z.string(), version: z.string(), kind: z.string() }),
  resource: z.object({ group: z.string(), version: z.string(), resource: z.string() }).optional(),
  subResource: z.string().optional(),
  // Longer names no object has; these two stand in many messages.
  name: z.string().max(253).optional(),
  namespace: z.string().max(253).optional(),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  userInfo: z.object({ username: z.string().optional() }).nullish(),
  object: z.unknown().optional(),
  oldObject: z.unknown().optional(),
  dryRun: z.boolean().nullish(),
});

export type AdmissionRequest = z.infer<typeof requestWire>;

/** A body that is an AdmissionReview, or a sentence that says why it is not. */
export type ParsedReview =
  | { readonly ok: true; readonly request: AdmissionRequest }
  | { readonly ok: false; readonly message: string };

function invalid(message: string): ParsedReview {
  return { ok: false, message };
}

/** A value from outside in a message; of objects only that they are one, since they can be endlessly deep. */
function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return oneLine(JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value), 80);
}

function jsonProblem(error: unknown): string {
  if (!(error instanceof SyntaxError)) return 'it is nested too deeply';
  const position = / at position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? 'it ends too early or is malformed' : `malformed at byte ${position}`;
}

/** Parses the bytes of a request body. Never throws. */
export function parseReview(body: Buffer): ParsedReview {
  if (!isUtf8(body)) return invalid('the body is not JSON: it is not UTF-8');
  let review: unknown;
  try {
    review = JSON.parse(body.toString('utf8'));
  } catch (error) {
    // V8's message quotes a piece of the body, which may be part of a secret: only the kind and place are told.
    return invalid(`the body is not JSON: ${jsonProblem(error)}`);
  }
  if (typeof review !== 'object' || review === null || Array.isArray(review))
    return invalid('the body is not an AdmissionReview object');
  const { apiVersion, kind, request } = review as { apiVersion?: unknown; kind?: unknown; request?: unknown };
  if (kind !== 'AdmissionReview') return invalid(`kind must be "AdmissionReview", not ${shown(kind)}`);
  if (apiVersion !== REVIEW_API_VERSION)
    return invalid(
      `apiVersion must be "${REVIEW_API_VERSION}", not ${shown(apiVersion)}; set admissionReviewVersions: [v1] in the webhook configuration`,
    );
  if (request === undefined || request === null) return invalid('the AdmissionReview has no request');
  const parsed = requestWire.safeParse(request);
  if (parsed.success) return { ok: true, request: parsed.data };
  const issue = parsed.error.issues[0];
  return invalid(`request.${issue?.path.join('.') ?? ''}: ${oneLine(issue?.message ?? 'invalid', 200)}`);
}
