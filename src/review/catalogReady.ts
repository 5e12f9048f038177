import { errored, type Failed } from '../admission/outcome.ts';

/** The answer to a review that cannot be decided before the catalog is complete. */
export function notRead(): Failed {
  return errored(
    503,
    "vmcp-admission has not read the cluster's ToolHive objects yet; try again in a few seconds; if this persists, see /readyz and the log of its Pods",
  );
}
