import type { Cause } from './cause.ts';
import type { JsonPatch } from './jsonPatch.ts';

/**
 * What the audit log keeps of a review, stored as `<webhook>/<key>`; the same request must always give the same values. The
 * API server takes keys of letters, digits, `-`, `_` and `.`, at most 63.
 */
export type Audit = {
  /** The rules that spoke, and where they are explained. */
  readonly rules?: string;
  readonly docs?: string;
  /** What the policy had to do with it. */
  readonly scope?: string;
  readonly 'would-deny'?: string;
  readonly exceptions?: string;
  /** How far behind the copy of the cluster is. */
  readonly catalog?: string;
  /** What became of a Pod. */
  readonly decision?: string;
  readonly reason?: string;
  readonly group?: string;
  readonly 'virtual-server'?: string;
  readonly served?: string;
  readonly 'left-out'?: string;
};

/** What an outcome may carry beside the decision. */
export interface Annotated {
  /** Shown by kubectl, one line each; cut to size when the response is written. */
  readonly warnings: readonly string[];
  readonly audit: Audit;
  /** Rule or reason ids that decided, from a closed set: the label of the metric and part of the log line. */
  readonly reasons: readonly string[];
  /** The rules that would deny the object if the policy were enforced, and its kind, of a closed set; absent for none. */
  readonly wouldDeny?: { readonly kind: string; readonly rules: readonly string[] };
}

/** A decision about an object. */
export type Decided = Annotated &
  (
    | { readonly kind: 'allowed' }
    | { readonly kind: 'denied'; readonly causes: readonly Cause[] }
    | { readonly kind: 'patched'; readonly patch: JsonPatch }
  );

/** A review that came to no decision: an HTTP status of 400 or above, and a sentence for a person. */
export interface Failed extends Annotated {
  readonly kind: 'errored';
  readonly code: number;
  readonly message: string;
}

/** The result of a review. */
export type Outcome = Decided | Failed;

const NONE: readonly string[] = [];
const NO_AUDIT: Audit = {};

/** The object is admitted unchanged. */
export function allowed(notes: Partial<Annotated> = {}): Decided {
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE, wouldDeny } = notes;
  return { kind: 'allowed', warnings, audit, reasons, ...(wouldDeny && { wouldDeny }) };
}

/** The object is denied. `causes` has everything that is wrong with it, at least one entry. */
export function denied(causes: readonly Cause[], notes: Partial<Annotated> = {}): Decided {
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'denied', causes, warnings, audit, reasons };
}

/** The object is admitted with the patch applied. An empty patch is the same as allowed. */
export function patched(patch: JsonPatch, notes: Partial<Annotated> = {}): Decided {
  if (patch.length === 0) return allowed(notes);
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'patched', patch, warnings, audit, reasons };
}

/**
 * The review could not be carried out. It is answered with `code` as the HTTP status, and the API server then does what
 * the webhook's failurePolicy says. Warnings and audit annotations do not exist in such an answer.
 */
export function errored(code: number, message: string): Failed {
  return { kind: 'errored', code, message, warnings: NONE, audit: NO_AUDIT, reasons: NONE };
}
