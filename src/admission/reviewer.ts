import type { Outcome } from './outcome.ts';
import type { AdmissionRequest } from './review.ts';

/** What a reviewer gets beside the request. */
export interface ReviewContext {
  /**
   * Aborts when the caller's deadline is near or the caller is gone; bounds every read that the review does. Made when it
   * is first asked for, so a review that reads nothing does not ask.
   */
  readonly signal: AbortSignal;
  readonly now: Date;
  /** Takes the time of a part of the review. Absent for a review that is not traced. */
  readonly step?: (<T>(name: string, work: () => Promise<T>) => Promise<T>) | undefined;
}

/**
 * A webhook as a function. Transport knows no Kubernetes objects, a reviewer knows no HTTP.
 * One that throws is answered as an internal error by its caller.
 */
export type Reviewer = (request: AdmissionRequest, context: ReviewContext) => Promise<Outcome>;
