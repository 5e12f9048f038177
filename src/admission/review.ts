import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { quick } from '../schema/accepts.ts';
import { oneLine } from '../text/line.ts';

export const REVIEW_API_VERSION = 'admission.k8s.io/v1';

/** Groups of a user; by hand, so that `quick` takes them. */
const groupsWire = z.custom<readonly string[]>(
  (groups) => Array.isArray(groups) && groups.every((group) => typeof group === 'string'),
  'must be a list of names',
);

/**
 * The request of an AdmissionReview of `admission.k8s.io/v1`, without fields that no reviewer uses. The objects inside stay
 * `unknown`: each is judged by the schema of its own kind.
 */
const requestWire = z.object({
  // A UID of Kubernetes has 36 characters; it is echoed in the answer and in logs, so it has a limit.
  uid: z.string().min(1).max(256),
  kind: z.object({ group: z.string(), version: z.string(), kind: z.string() }),
  resource: z.object({ group: z.string(), version: z.string(), resource: z.string() }).optional(),
  subResource: z.string().optional(),
  // No object has a longer name; both appear in many messages.
  name: z.string().max(253).optional(),
  namespace: z.string().max(253).optional(),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  userInfo: z.object({ username: z.string().optional(), groups: groupsWire.nullish() }).nullish(),
  object: z.unknown().optional(),
  oldObject: z.unknown().optional(),
  dryRun: z.boolean().nullish(),
});

export type AdmissionRequest = z.infer<typeof requestWire>;

const quickRequest = quick(requestWire);

/** A body that is an AdmissionReview, or a sentence that says why it is not. */
export type ParsedReview =
  | { readonly ok: true; readonly request: AdmissionRequest }
  | { readonly ok: false; readonly message: string };

function invalid(message: string): ParsedReview {
  return { ok: false, message };
}

/** A value from outside for a message; of an object only its type, since it can be nested as deep as its author likes. */
function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return oneLine(JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value), 80);
}

function jsonProblem(error: unknown): string {
  if (!(error instanceof SyntaxError)) return 'it is nested too deeply';
  const position = / at position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? 'it ends too early or is malformed' : `malformed at character ${position}`;
}

/**
 * Why the objects of a request are not of its namespace. The API server makes both the same before it calls a webhook; a
 * review where they differ would be judged, or answered, with the contents of a namespace that its object is not in.
 */
function namespaceProblem({ namespace = '', object, oldObject }: AdmissionRequest): string | undefined {
  for (const [field, raw] of Object.entries({ object, oldObject })) {
    const stated = (raw as { metadata?: { namespace?: unknown } } | null | undefined)?.metadata?.namespace;
    if (typeof stated === 'string' && stated !== '' && stated !== namespace)
      return `request.${field}.metadata.namespace is ${shown(stated)}, but request.namespace is ${shown(namespace)}`;
  }
  return undefined;
}

/** Parses the bytes of a request body. Never throws. */
export function parseReview(body: Buffer): ParsedReview {
  if (!isUtf8(body)) return invalid('the body is not JSON: it is not UTF-8');
  let review: unknown;
  try {
    review = JSON.parse(body.toString('utf8'));
  } catch (error) {
    // V8's message quotes a piece of the body, which may be part of a secret; only the kind and position are shown.
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
  const parsed = quickRequest.safeParse(request);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return invalid(`request.${issue?.path.join('.') ?? ''}: ${oneLine(issue?.message ?? 'invalid', 200)}`);
  }
  const problem = namespaceProblem(parsed.data);
  return problem === undefined ? { ok: true, request: parsed.data } : invalid(problem);
}
