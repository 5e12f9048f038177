import type { Cause } from '../admission/cause.ts';
import { allowed, denied, errored, type Outcome } from '../admission/outcome.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { ReviewContext, Reviewer } from '../admission/reviewer.ts';
import { MAX_WARNING_LENGTH } from '../admission/warnings.ts';
import { type Catalog, CatalogNotRead, NamespaceNotRead } from '../catalog/catalog.ts';
import { ruleUrl } from '../docs.ts';
import { sameJson } from '../kubernetes/record.ts';
import { judgeAlone, judgeChange } from '../rules/alone.ts';
import { judgeObject } from '../rules/checks.ts';
import { judgeDeletion } from '../rules/deletion.ts';
import { exceptionText } from '../rules/findings/exceptions.ts';
import { CLEAN, joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import { ratchet } from '../rules/findings/ratchet.ts';
import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import { type Readable, readForReview } from '../rules/malformed.ts';
import { checkPhase, checkValid } from '../rules/phase.ts';
import { enforced } from '../rules/policy/enforcement.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { oneLine, tagged } from '../text.ts';
import { isModelled, type StoredKind, storedKind, type ToolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import { catalogAge, gatherFacts, notRead } from './gather.ts';
import { decidesEverywhere, labelsNotRead, policyOfReview } from './reviewPolicy.ts';

export interface ValidateDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
}

/** One request about one ToolHive object. */
interface Review extends ValidateDeps {
  readonly request: AdmissionRequest;
  readonly context: ReviewContext;
  readonly kind: ToolhiveKind;
  readonly namespace: string;
}

/** A denial as kubectl prints it; behind it the id of the rule, as `check` has it, for `explain` and the docs. */
function toCause(finding: Finding): Cause {
  const { violations: _violations, exception: _exception, wouldDeny: _wouldDeny, ...cause } = finding;
  return { ...cause, message: tagged(finding.message, finding.rule) };
}

function toWarning({ field, detail, rule, wouldDeny }: Finding): string {
  // The sentence of a denial that is not enforced names the rule, and stands first: it is what a user must see.
  if (wouldDeny) return oneLine(`${field}: ${detail}`, MAX_WARNING_LENGTH);
  return tagged(oneLine(`${field}: ${detail}`), rule, MAX_WARNING_LENGTH);
}

function rulesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ rule }) => rule))];
}

/** What the policy had to do with a verdict: its scope, the exceptions that were used, and what it would deny. */
function policyNotes(warnings: readonly Finding[], { scope }: Policy): Record<string, string> {
  const wouldDeny = rulesOf(warnings.filter((finding) => finding.wouldDeny));
  const excepted = new Set(warnings.flatMap(({ exception }) => (exception ? exceptionText(exception) : [])));
  return {
    ...(scope !== undefined && { scope }),
    ...(wouldDeny.length > 0 && { 'would-deny': wouldDeny.join(',') }),
    ...(excepted.size > 0 && { exceptions: [...excepted].join('; ') }),
  };
}

/** The audit log keeps which rules spoke, where they are explained, and whether the catalog was behind. */
function toOutcome(judged: Verdict, policy: Policy, catalog: Catalog, namespace: string): Outcome {
  const age = catalogAge(catalog, namespace);
  const { scope } = policy;
  if (judged === CLEAN) return allowed({ audit: scope === undefined ? age : { ...age, scope } });
  const verdict = enforced(judged, policy);
  const rules = rulesOf([...verdict.denials, ...verdict.warnings]);
  const notes = {
    warnings: verdict.warnings.map(toWarning),
    audit: {
      ...(rules.length > 0 && { rules: rules.join(','), docs: rules.map(ruleUrl).join(',') }),
      ...policyNotes(verdict.warnings, policy),
      ...age,
    },
    reasons: rules,
  };
  if (verdict.denials.length > 0) return denied(verdict.denials.map(toCause), notes);
  return allowed(verdict === judged ? notes : { ...notes, wouldDeny: rulesOf(judged.denials) });
}

function readOld({ request, kind, namespace, policy }: Review): Readable | undefined {
  return request.oldObject == null ? undefined : readForReview(kind, request.oldObject, namespace, policy);
}

async function judgeSpec(object: ToolhiveObject, { catalog, policy, context }: Review): Promise<Verdict> {
  return judgeObject(object, await gatherFacts(object, catalog, context), policy);
}

/** The verdict on an update, ratcheted against the old object, which the same rules judge at the same moment. */
async function ratcheted(verdict: Verdict, review: Review): Promise<Verdict> {
  const old = verdict.denials.length > 0 ? readOld(review) : undefined;
  if (old === undefined) return verdict;
  return ratchet(verdict, old.ok ? await judgeSpec(old.object, review) : old.verdict);
}

/** A write of the status subresource: the spec cannot change in it, so only the phase is reviewed. */
async function judgeStatus(entry: McpServerEntry, review: Review): Promise<Verdict> {
  const read = readOld(review);
  const old = read?.ok && read.object.kind === 'MCPServerEntry' ? read.object : undefined;
  const spec = entry.status?.phase === 'Valid' ? await judgeSpec(entry, review) : undefined;
  const verdict = toVerdict(checkPhase(entry, old, spec?.denials[0]), review.policy);
  if (old === undefined || verdict.denials.length === 0) return verdict;
  return ratchet(verdict, toVerdict(checkPhase(old, old, undefined), review.policy));
}

function deletionVerdict(review: Review): Verdict {
  const old = readOld(review);
  return old?.ok
    ? judgeDeletion(old.object, review.catalog.namespace(review.namespace), review.policy)
    : CLEAN;
}

/** The parts of an object of any form that decide how it is judged. A malformed one is judged too. */
interface Raw {
  readonly status?: { readonly phase?: unknown } | null;
  readonly metadata?: { readonly deletionTimestamp?: unknown } | null;
  readonly spec?: unknown;
}

function keepsSpec({ object, oldObject }: AdmissionRequest): boolean {
  const spec = (raw: unknown) => (raw as Raw | null | undefined)?.spec;
  return sameJson(spec(object), spec(oldObject));
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

async function judge(review: Review): Promise<Verdict> {
  const { request, kind, namespace, policy } = review;
  const read = readForReview(kind, request.object, namespace, policy);
  if (!read.ok) return malformed(read.verdict, review);
  if (request.subResource !== 'status') return ratcheted(await judgeSpec(read.object, review), review);
  return read.object.kind === 'MCPServerEntry'
    ? judgeStatus(read.object, review)
    : { denials: [], warnings: [] };
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
    if (deps.policy.exemptNamespaces.has(namespace)) return allowed({ reasons: ['namespace-exempt'] });
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
      if (!isModelled(kind)) return toOutcome(alone, policy, deps.catalog, namespace);
      const review: Review = { ...deps, policy, request, context, kind, namespace };
      const verdict = deletion ? deletionVerdict(review) : joinVerdicts(alone, await judge(review));
      return toOutcome(verdict, policy, deps.catalog, namespace);
    } catch (error) {
      if (error instanceof CatalogNotRead) return notRead();
      if (error instanceof NamespaceNotRead) return labelsNotRead(error);
      throw error;
    }
  };
}
