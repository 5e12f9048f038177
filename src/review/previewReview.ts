import type { AdmissionRequest } from '../admission/review.ts';
import { isMember, type Member, NamespaceNotRead } from '../catalog/catalog.ts';
import { scopedPolicy } from '../injection/scopedPolicy.ts';
import { CLEAN, toVerdict } from '../rules/findings/levels.ts';
import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import { readForReview } from '../rules/form/malformed.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Facts } from '../rules/rule.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import { type MemberWrite, previewWrite } from './preview.ts';
import { keepsGroup, keepsSpec } from './requestFacts.ts';
import type { Review } from './reviewPolicy.ts';

/** An object that passed its review. */
export interface Reviewed {
  readonly object: ToolhiveObject;
  readonly facts: Facts;
  /** Whether no rule would deny its spec; an update can be allowed with what the old object had too. */
  readonly isClean: boolean;
}

/** The names of controllers; the second is that of all of Kubernetes' own, unless each has a service account. */
const CONTROLLER = /^system:(?:serviceaccount:|kube-controller-manager$)/;

/** True when a person may read the warnings: a controller does not, unless a dry run asks what would happen. */
export function isRead({ dryRun, userInfo }: AdmissionRequest): boolean {
  return dryRun === true || !CONTROLLER.test(userInfo?.username ?? '');
}

/** True when the answer to a write of this object says what changes for vMCPs. */
function isTold(object: ToolhiveObject, { request, policy }: Review): object is Member {
  return policy.levels['vmcp-backends-change'] !== 'off' && isRead(request) && isMember(object);
}

function isServed({ group }: Member, { view }: Facts): boolean {
  return group !== undefined && view.virtualServersOf(group).length > 0;
}

/** True for a write that may change what vMCPs serve. Most change nothing, which costs a look-up or a comparison. */
function mayMatter(member: Member, facts: Facts, { request }: Review): boolean {
  const isUpdate = request.oldObject != null;
  const isStatus = request.subResource === 'status';
  if (isStatus && !isUpdate) return false;
  if (!isServed(member, facts) && (!isUpdate || keepsGroup(request))) return false;
  // An object that gets its name later has none that could be told.
  return member.metadata.prefix === undefined && (isStatus || !keepsSpec(request));
}

function memberWrite(member: Member, { request, kind, namespace, policy }: Review): MemberWrite | undefined {
  const read =
    request.oldObject == null ? undefined : readForReview(kind, request.oldObject, namespace, policy);
  const before = read?.ok && isMember(read.object) ? read.object : undefined;
  const status = request.subResource === 'status';
  if (status && member.kind === 'MCPServerEntry' && before?.kind === 'MCPServerEntry')
    if (member.status?.phase === before.status?.phase) return undefined;
  return { member, before, after: member, status };
}

/** The findings at the levels of a policy; a denial becomes a warning. */
function asWarnings(findings: readonly Finding[], policy: Policy): Verdict {
  const { denials, warnings } = toVerdict(findings, policy);
  return { denials: [], warnings: [...denials, ...warnings] };
}

/** What a write that was allowed changes for vMCPs. It never denies, whatever the level of its rule. */
export async function previewReview({ object, facts, isClean }: Reviewed, review: Review): Promise<Verdict> {
  const { catalog, namespace, context, wholePolicy } = review;
  // What is not read yet would look missing.
  if (catalog.readiness?.complete === false) return CLEAN;
  if (!isTold(object, review) || !mayMatter(object, facts, review)) return CLEAN;
  const write = memberWrite(object, review);
  if (write === undefined) return CLEAN;
  const policy = await scopedPolicy(wholePolicy, catalog, namespace, context);
  const accepted = isClean && policy === review.policy ? object.metadata.name : undefined;
  return asWarnings(previewWrite(write, facts, { policy, accepted }), review.policy);
}

/** What a deletion changes for vMCPs. Nothing, when the policy of their Pods is not known. */
export async function previewDeletion(
  object: ToolhiveObject,
  facts: Facts,
  review: Review,
): Promise<Verdict> {
  const { catalog, namespace, context, wholePolicy } = review;
  if (!isTold(object, review) || !isServed(object, facts)) return CLEAN;
  const write = { member: object, before: object, after: undefined, status: false };
  try {
    const policy = await scopedPolicy(wholePolicy, catalog, namespace, context);
    return asWarnings(previewWrite(write, facts, { policy, accepted: undefined }), review.policy);
  } catch (error) {
    if (error instanceof NamespaceNotRead) return CLEAN;
    throw error;
  }
}
