import { allowed, errored } from '../admission/outcome.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { judgeAlone, judgeChange } from '../rules/alone.ts';
import { judgeObject } from '../rules/checks.ts';
import { CLEAN, joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import { ratchet } from '../rules/findings/ratchet.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import { type Readable, readForReview } from '../rules/form/malformed.ts';
import { checkPhase, checkValid } from '../rules/phase.ts';
import { isExempt, type Policy } from '../rules/policy/policy.ts';
import { judgeDeletion } from '../rules/references/deletion.ts';
import type { Facts } from '../rules/rule.ts';
import { isModelled, type StoredKind, storedKind } from '../toolhive/kinds.ts';
import type { McpServerEntry } from '../toolhive/models/serverEntry.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import { gatherFacts } from './gather.ts';
import { previewDeletion, previewReview, type Reviewed } from './previewReview.ts';
import { keepsSpec } from './requestFacts.ts';
import { decidesEverywhere, policyOfReview, type Review } from './reviewPolicy.ts';
import { unavailable } from './unavailable.ts';
import { toOutcome } from './verdictOutcome.ts';

export interface ValidateDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
}

function readOld({ request, kind, namespace, policy }: Review): Readable | undefined {
  return request.oldObject == null ? undefined : readForReview(kind, request.oldObject, namespace, policy);
}

async function judgeSpec(object: ToolhiveObject, { catalog, policy, context }: Review): Promise<Verdict> {
  return judgeObject(object, await gatherFacts(object, catalog, context), policy);
}

/** A verdict, and what was judged when that could be read. */
interface Judged {
  readonly verdict: Verdict;
  readonly reviewed?: Reviewed;
}

/** The verdict on an update, ratcheted against the old object, which the same rules judge at the same moment. */
async function ratcheted(verdict: Verdict, review: Review): Promise<Verdict> {
  const old = verdict.denials.length > 0 ? readOld(review) : undefined;
  if (old === undefined) return verdict;
  return ratchet(verdict, old.ok ? await judgeSpec(old.object, review) : old.verdict);
}

/** The facts about an object whose spec is not judged. */
function factsAround({ catalog, context, namespace }: Review): Facts {
  return { view: catalog.namespace(namespace), configMap: undefined, secrets: undefined, now: context.now };
}

/** A write of the status subresource: the spec cannot change in it, so only the phase is reviewed. */
async function judgeStatus(entry: McpServerEntry, review: Review): Promise<Judged> {
  const { catalog, context, policy, request, namespace } = review;
  const read = readOld(review);
  const old = read?.ok && read.object.kind === 'MCPServerEntry' ? read.object : undefined;
  const isValid = entry.status?.phase === 'Valid';
  const facts = isValid ? await gatherFacts(entry, catalog, context) : factsAround(review);
  const denials = isValid ? judgeObject(entry, facts, policy).denials : [];
  // No vMCP Pod excludes an entry because of these, so they deny the step to Valid only.
  const step = isValid && old?.status?.phase !== 'Valid';
  const alone = step ? judgeAlone(entry.kind, request.object, namespace, policy).denials : [];
  const verdict = toVerdict(checkPhase(entry, old, denials[0] ?? alone[0]), policy);
  const reviewed = { object: entry, facts, isClean: isValid && denials.length === 0 };
  if (old === undefined || verdict.denials.length === 0) return { verdict, reviewed };
  return { verdict: ratchet(verdict, toVerdict(checkPhase(old, old, undefined), policy)), reviewed };
}

/** The verdict on a deletion: who still refers to the object, and what vMCPs no longer serve. */
async function deletionVerdict(review: Review): Promise<Verdict> {
  const old = readOld(review);
  if (!old?.ok) return CLEAN;
  const { object } = old;
  const facts = factsAround(review);
  return joinVerdicts(
    judgeDeletion(object, facts.view, review.policy),
    await previewDeletion(object, facts, review),
  );
}

/** The parts of an object of any form that decide how it is judged. A malformed one is judged too. */
interface Raw {
  readonly status?: { readonly phase?: unknown } | null;
  readonly metadata?: { readonly deletionTimestamp?: unknown } | null;
  readonly spec?: unknown;
}

/**
 * True for an update that ends a deletion: it removes a finalizer and leaves the spec as it was. Any other write is
 * reviewed, because a finalizer keeps an object under deletion alive for as long as its author likes.
 */
function endsDeletion(request: AdmissionRequest): boolean {
  const deleting = typeof (request.object as Raw).metadata?.deletionTimestamp === 'string';
  return deleting && request.subResource !== 'status' && keepsSpec(request);
}

/** True when an object of any form says that it is an entry of phase `Valid`. */
function claimsValid(raw: unknown): boolean {
  return storedKind(raw) === 'MCPServerEntry' && (raw as Raw).status?.phase === 'Valid';
}

/**
 * The verdict on an object that cannot be read. No other rule judges it, so only an update that leaves its whole spec as it
 * was is ratcheted: anything else could carry what those rules would deny. Such an entry must not become `Valid` either.
 */
async function malformed(verdict: Verdict, review: Review): Promise<Verdict> {
  const { object, oldObject, subResource } = review.request;
  const spec = keepsSpec(review.request) ? await ratcheted(verdict, review) : verdict;
  if (subResource !== 'status') return spec;
  const phase = checkValid(claimsValid(object), claimsValid(oldObject), verdict.denials[0]);
  return joinVerdicts(spec, toVerdict(phase, review.policy));
}

async function judge(review: Review): Promise<Judged> {
  const { request, kind, namespace, policy, catalog, context } = review;
  const read = readForReview(kind, request.object, namespace, policy);
  if (!read.ok) return { verdict: await malformed(read.verdict, review) };
  const { object } = read;
  if (request.subResource === 'status')
    return object.kind === 'MCPServerEntry' ? judgeStatus(object, review) : { verdict: CLEAN };
  const facts = await gatherFacts(object, catalog, context);
  const spec = judgeObject(object, facts, policy);
  const reviewed = { object, facts, isClean: spec.denials.length === 0 };
  return { verdict: await ratcheted(spec, review), reviewed };
}

/** The verdict on a write; what it changes for vMCPs is told of one that is allowed. */
async function judgeWrite(alone: Verdict, review: Review): Promise<Verdict> {
  const { verdict, reviewed } = await judge(review);
  const joined = joinVerdicts(alone, verdict);
  if (reviewed === undefined || joined.denials.length > 0) return joined;
  return joinVerdicts(joined, await previewReview(reviewed, review));
}

/** What is wrong with an object by itself, ratcheted by itself: whatever else is wrong with it. */
function judgeByItself(kind: StoredKind, request: AdmissionRequest, policy: Policy): Verdict {
  if (request.subResource === 'status') return CLEAN;
  const namespace = request.namespace ?? '';
  const verdict = judgeAlone(kind, request.object, namespace, policy);
  if (request.oldObject == null) return verdict;
  const change = judgeChange(kind, request.oldObject, request.object, policy);
  if (verdict.denials.length === 0) return joinVerdicts(verdict, change);
  return joinVerdicts(ratchet(verdict, judgeAlone(kind, request.oldObject, namespace, policy)), change);
}

/**
 * The validating webhook for ToolHive's kinds. It never blocks a deletion or its end. An object of another kind passes, since
 * only a widened webhook configuration sends it. A review that needs the catalog waits until that is complete.
 */
export function validateReviewer(deps: ValidateDeps): Reviewer {
  return async (request, context) => {
    const namespace = request.namespace ?? '';
    if (isExempt(deps.policy, namespace)) return allowed({ reasons: ['namespace-exempt'] });
    const deletion = request.operation === 'DELETE';
    const subject = deletion ? request.oldObject : request.object;
    if (subject == null && !deletion) return errored(400, 'the review has no object');
    const kind = storedKind(subject);
    if (kind === undefined) return allowed({ reasons: ['kind-not-reviewed'] });
    if (!deletion && endsDeletion(request)) return allowed({ reasons: ['being-deleted'] });
    try {
      // Nothing denies a deletion, so it is not made to depend on the labels of its namespace.
      const policy =
        deletion || decidesEverywhere(deps.policy)
          ? deps.policy
          : await policyOfReview(deps, kind, request, context);
      const alone = deletion ? CLEAN : judgeByItself(kind, request, policy);
      if (!isModelled(kind)) return toOutcome(alone, { ...deps, policy, kind, namespace });
      const review: Review = { ...deps, policy, wholePolicy: deps.policy, request, context, kind, namespace };
      const verdict = await (deletion ? deletionVerdict(review) : judgeWrite(alone, review));
      return toOutcome(verdict, review);
    } catch (error) {
      return unavailable(error);
    }
  };
}
