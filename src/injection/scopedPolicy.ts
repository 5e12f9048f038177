import { type Catalog, namespaceLabels } from '../catalog/catalog.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { type Caller, policyInScope, selectsByLabels } from '../rules/policy/scopes.ts';

/**
 * The policy in a namespace: for a Pod, and with a caller for an object under review. Reads the labels of the namespace when
 * a scope asks for them, and rejects with NamespaceNotRead when they cannot be read.
 */
export async function scopedPolicy(
  policy: Policy,
  catalog: Catalog,
  namespace: string,
  context: { readonly signal: AbortSignal },
  caller?: Caller,
): Promise<Policy> {
  const labels = selectsByLabels(policy) ? await namespaceLabels(catalog, namespace, context.signal) : {};
  return policyInScope(policy, { namespace, caller, labels });
}
