import type { Cause } from './cause.ts';
import type { JsonPatch } from './jsonPatch.ts';

/** What every outcome may carry beside the decision. */
export interface Annotated {
  /** Shown by kubectl, one line each; cut to size when the response is written. */
  readonly warnings: readonly string[];
  /** Stored in the audit log as `<webhook>/<key>`; the same request must always give the same values. */
  readonly audit: Readonly<Record<string, string>>;
  /** Rule or reason ids that decided, from a closed set: the label of the metric and part of the log line. */
  readonly reasons: readonly string[];
}

export type Outcome = Annotated &
  (
    | { readonly kind: 'allowed' }
    | { readonly kind: 'denied'; readonly causes: readonly Cause[] }
    | { readonly kind: 'patched'; readonly patch: JsonPatch }
    | { readonly kind: 'errored'; readonly code: number; readonly message: string }
  );

const NONE: readonly string[] = [];
const NO_AUDIT: Readonly<Record<string, string>> = {};

/** The object may pass as it is. */
export function allowed(notes: Partial<Annotated> = {}): Outcome {
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'allowed', warnings, audit, reasons };
}

/** The object is refused; `causes` holds everything that is wrong with it, at least one thing. */
export function denied(causes: readonly Cause[], notes: Partial<Annotated> = {}): Outcome {
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'denied', causes, warnings, audit, reasons };
}

/** The object may pass when the patch is applied. An empty patch is the same as allowed. */
export function patched(patch: JsonPatch, notes: Partial<Annotated> = {}): Outcome {
  if (patch.length === 0) return allowed(notes);
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'patched', patch, warnings, audit, reasons };
}

/** The review could not be carried out. `code` is an HTTP status of 400 or above; `message` is for a person. */
export function errored(code: number, message: string, notes: Partial<Annotated> = {}): Outcome {
  const { warnings = NONE, audit = NO_AUDIT, reasons = NONE } = notes;
  return { kind: 'errored', code, message, warnings, audit, reasons };
}
