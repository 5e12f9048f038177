import { errored, type Outcome } from '../admission/outcome.ts';
import type { ReviewContext } from '../admission/reviewer.ts';
import type { Readiness } from '../catalog/catalog.ts';

/** The copy of the cluster was not complete before the deadline of a review that needs it. */
export class CatalogNotRead extends Error {
  constructor() {
    super('the catalog has not been read yet');
    this.name = 'CatalogNotRead';
  }
}

/** Waits within the deadline of the review until the copy is complete. Rejects with CatalogNotRead when it is not by then. */
export async function untilRead(readiness: Readiness, context: ReviewContext): Promise<void> {
  if (!(await readiness.wait(context.signal))) throw new CatalogNotRead();
}

/** The answer to a review that cannot be decided yet; 503 as of any server that is not ready. */
export function notRead(): Outcome {
  return errored(
    503,
    "vmcp-admission has not read the cluster's ToolHive objects yet, so it cannot judge this one; try again in some seconds, and if this stays so, look at /readyz and the log of its Pods",
    { audit: { catalog: 'not read yet' } },
  );
}
