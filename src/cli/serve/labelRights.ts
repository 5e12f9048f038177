import { type Catalog, namespaceLabels } from '../../catalog/catalog.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { selectsByLabels } from '../../rules/policy/scopes.ts';

/** How long the API server may take to answer, in milliseconds. */
const DEADLINE = 5_000;

/**
 * Why a policy whose scopes select namespaces by label cannot be used: the labels of a namespace cannot be read. Undefined
 * when they can, or when no scope asks for them.
 * @param namespace one that the webhook reviews
 */
export async function labelObstacle(
  policy: Policy,
  catalog: Catalog,
  namespace: string,
): Promise<string | undefined> {
  if (!selectsByLabels(policy)) return undefined;
  try {
    await namespaceLabels(catalog, namespace, AbortSignal.timeout(DEADLINE));
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    return `a scope selects namespaces by label, but ${why}; grant get on namespaces (component namespace-labels, chart value readNamespaceLabels)`;
  }
}
