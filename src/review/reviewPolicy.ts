import type { AdmissionRequest } from '../admission/review.ts';
import type { ReviewContext } from '../admission/reviewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { scopedPolicy } from '../injection/scopedPolicy.ts';
import { textAt } from '../kubernetes/record.ts';
import { withExceptions } from '../rules/findings/exceptions.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Caller } from '../rules/policy/scopes.ts';
import type { StoredKind, ToolhiveKind } from '../toolhive/kinds.ts';

/** One request about one ToolHive object. */
export interface Review {
  readonly request: AdmissionRequest;
  readonly context: ReviewContext;
  readonly kind: ToolhiveKind;
  readonly namespace: string;
  readonly catalog: Catalog;
  /** What the request is judged by. */
  readonly policy: Policy;
  /** Of the whole cluster, from which a Pod gets the policy of its namespace. */
  readonly wholePolicy: Policy;
}

/** True when the top level of the policy is all there is, so that it is the policy of every review. */
export function decidesEverywhere({ scopes, exceptions }: Policy): boolean {
  return scopes.length === 0 && exceptions.size === 0;
}

/**
 * The caller of a review. A write of the status is ToolHive's, whoever wrote the spec: it has no caller, as a Pod has none,
 * so that the scope of ToolHive's operator does not decide about the spec of a user.
 */
function callerOf({ subResource, userInfo }: AdmissionRequest): Caller | undefined {
  if (subResource === 'status') return undefined;
  return { user: userInfo?.username ?? '', groups: userInfo?.groups ?? [] };
}

/** The policy that a review is judged by. Rejects with NamespaceNotRead when it depends on labels that cannot be read. */
export async function policyOfReview(
  { policy, catalog }: { readonly policy: Policy; readonly catalog: Catalog },
  kind: StoredKind,
  request: AdmissionRequest,
  context: ReviewContext,
): Promise<Policy> {
  const { namespace = '' } = request;
  const scoped = await scopedPolicy(policy, catalog, namespace, context, callerOf(request));
  // The start of a name that is still to be made is not the name of an exception.
  const name = request.name || textAt(request.object, 'metadata', 'name') || '';
  return withExceptions(scoped, { kind, namespace, name }, context.now);
}
