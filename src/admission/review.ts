import { z } from 'zod';

export const REVIEW_API_VERSION = 'admission.k8s.io/v1';

/**
 * The AdmissionReview of `admission.k8s.io/v1`, as far as a webhook uses it. The objects inside stay `unknown`:
 * each is judged by the schema of its own kind.
 */
const requestWire = z.object({
  uid: z.string().min(1),
  kind: z.object({ group: z.string(), version: z.string(), kind: z.string() }),
  resource: z.object({ group: z.string(), version: z.string(), resource: z.string() }).optional(),
  subResource: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  userInfo: z.object({ username: z.string().optional() }).nullish(),
  object: z.unknown(),
  oldObject: z.unknown(),
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

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Parses the bytes of a request body. Never throws. */
export function parseReview(body: Buffer): ParsedReview {
  let review: unknown;
  try {
    review = JSON.parse(body.toString('utf8'));
  } catch (error) {
    return invalid(
      `the body is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'parse error'}`,
    );
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
  return invalid(`request.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
