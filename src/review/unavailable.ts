import { errored, type Failed } from '../admission/outcome.ts';
import { CatalogNotRead, NamespaceNotFollowed, NamespaceNotRead, ObjectNotRead } from '../catalog/catalog.ts';

/**
 * The answer about a vMCP Pod for which something could not be read. It is an error, not an admission: a Pod that passed would
 * run without injection until it is deleted.
 */
export function undecidedPod(problem: string): Failed {
  return errored(503, `${problem}; vmcp-admission cannot decide about the Pod without it; try again`);
}

/**
 * The answer to a review that cannot be decided, from what its reads threw: HTTP 503, so that `failurePolicy` decides.
 * Throws any other error again.
 */
export function unavailable(error: unknown): Failed {
  if (error instanceof CatalogNotRead)
    return errored(
      503,
      "vmcp-admission has not read the cluster's ToolHive objects yet; try again in a few seconds; if this persists, see /readyz and the log of its Pods",
    );
  if (error instanceof NamespaceNotRead)
    return errored(
      503,
      `${error.message}, and a scope of vmcp-admission's policy selects namespaces by label; grant get on namespaces (component namespace-labels, chart value readNamespaceLabels)`,
    );
  if (error instanceof ObjectNotRead) return undecidedPod(error.message);
  if (error instanceof NamespaceNotFollowed)
    return errored(
      503,
      `${error.message} of vmcp-admission, so it cannot know what else is there; add it to --namespaces with a RoleBinding, or take it out of the namespaceSelector of the webhooks (component namespaced, chart value namespaces.include)`,
    );
  throw error;
}
