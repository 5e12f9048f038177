import type { AdmissionRequest } from '../admission/review.ts';
import type { ReviewContext } from '../admission/reviewer.ts';
import { type Catalog, NamespaceNotRead } from '../catalog/catalog.ts';
import { scopedPolicy } from '../injection/scopedPolicy.ts';
import { CLEAN, toVerdict } from '../rules/findings/levels.ts';
import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import { readForReview } from '../rules/form/malformed.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Facts } from '../rules/rule.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import { keepsGroup, keepsSpec } from './keptFields.ts';
import { isMember, type MemberWrite, previewWrite } from './preview.ts';

/** An object that passed its review. */
export interface Reviewed {
  readonly object: ToolhiveObject;
  readonly facts: Facts;
  /** Whether no rule would deny its spec; an update can be allowed with what the old object had too. */
  readonly isClean: boolean;
}

/** The review that it passed. */
export interface PassedReview {
  readonly request: AdmissionRequest;
  readonly context: ReviewContext;
  readonly kind: ToolhiveKind;
  readonly namespace: string;
  readonly catalog: Catalog;
  /** Of the caller. */
  readonly policy: Policy;
  /** Of the whole cluster, from which a Pod gets the policy of its namespace. */
  readonly wholePolicy: Policy;
}

/** The names of controllers; the second is that of all of Kubernetes' own, unless each has a service account. */
const CONTROLLER = /^system:(?:serviceaccount:|kube-controller-manager$)/;

/** True when a person may read the warnings: a controller does not, unless a dry run asks what would happen. */
export function isRead({ dryRun, userInfo }: AdmissionRequest): boolean {
  return dryRun === true || !CONTROLLER.test(userInfo?.username ?? '');
}

/** True for a write that may change what vMCPs serve. Most change nothing, which costs a look-up or a comparison. */
function mayMatter({ object, facts }: Reviewed, { request, policy }: PassedReview): boolean {
  if (policy.levels['vmcp-backends-change'] === 'off' || !isRead(request) || !isMember(object)) return false;
  const isUpdate = request.oldObject != null;
  if (request.subResource === 'status' && !isUpdate) return false;
  const served = object.group !== undefined && facts.view.virtualServersOf(object.group).length > 0;
  if (!served && (!isUpdate || keepsGroup(request))) return false;
  // An object that gets its name later has none that could be told.
  return object.metadata.prefix === undefined && (request.subResource === 'status' || !keepsSpec(request));
}

function memberWrite({ object }: Reviewed, review: PassedReview): MemberWrite | undefined {
  const { request, kind, namespace, policy } = review;
  if (!isMember(object)) return undefined;
  const read =
    request.oldObject == null ? undefined : readForReview(kind, request.oldObject, namespace, policy);
  const before = read?.ok && isMember(read.object) ? read.object : undefined;
  const status = request.subResource === 'status';
  if (status && object.kind === 'MCPServerEntry' && before?.kind === 'MCPServerEntry')
    if (object.status?.phase === before.status?.phase) return undefined;
  return { member: object, before, after: object, status };
}

/** What a write that was allowed changes for vMCPs. It never denies, whatever the level of its rule. */
export async function previewReview(reviewed: Reviewed, review: PassedReview): Promise<Verdict> {
  const { catalog, namespace, context, wholePolicy } = review;
  // What is not read yet would look missing.
  if (catalog.readiness?.complete === false || !mayMatter(reviewed, review)) return CLEAN;
  const write = memberWrite(reviewed, review);
  if (write === undefined) return CLEAN;
  const policy = await scopedPolicy(wholePolicy, catalog, namespace, context);
  const isAccepted = reviewed.isClean && policy === review.policy;
  const accepted = isAccepted ? write.member.metadata.name : undefined;
  return asWarnings(previewWrite(write, reviewed.facts, { policy, accepted }), review.policy);
}

/** The findings at the levels of a policy; a denial becomes a warning. */
function asWarnings(findings: readonly Finding[], policy: Policy): Verdict {
  const { denials, warnings } = toVerdict(findings, policy);
  return { denials: [], warnings: [...denials, ...warnings] };
}

/** What a deletion changes for vMCPs. Nothing, when the policy of their Pods is not known. */
export async function previewDeletion(
  { object, facts }: Omit<Reviewed, 'isClean'>,
  { request, policy, catalog, namespace, context, wholePolicy }: PassedReview,
): Promise<Verdict> {
  if (policy.levels['vmcp-backends-change'] === 'off' || !isRead(request) || !isMember(object)) return CLEAN;
  const { group } = object;
  if (group === undefined || facts.view.virtualServersOf(group).length === 0) return CLEAN;
  const write = { member: object, before: object, after: undefined, status: false };
  try {
    const ofPods = await scopedPolicy(wholePolicy, catalog, namespace, context);
    return asWarnings(previewWrite(write, facts, { policy: ofPods, accepted: undefined }), policy);
  } catch (error) {
    if (error instanceof NamespaceNotRead) return CLEAN;
    throw error;
  }
}
