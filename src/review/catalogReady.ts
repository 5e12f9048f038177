import { errored, type Outcome } from '../admission/outcome.ts';

/** The answer to a review that cannot be decided yet; 503 as of any server that is not ready. */
export function notRead(): Outcome {
  return errored(
    503,
    "vmcp-admission has not read the cluster's ToolHive objects yet, so it cannot judge this one; try again in some seconds, and if this stays so, look at /readyz and the log of its Pods",
    { audit: { catalog: 'not read yet' } },
  );
}
