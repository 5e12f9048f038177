import { allowed, denied, errored, type Outcome } from '../admission/outcome.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type ToolhiveKind, toolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import type { EntryFacts } from '../validation/facts.ts';
import { judgeGroupDeletion } from '../validation/group.ts';
import { judgeObject, readForReview } from '../validation/judge.ts';
import { ratchet, toVerdict } from '../validation/levels.ts';
import { checkPhase } from '../validation/phase.ts';
import type { Policy } from '../validation/policy.ts';
import type { Verdict } from '../validation/verdict.ts';
import { gatherFacts } from './gather.ts';

export interface ValidateDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
}

/** One review of one object, as far as it has been read. */
interface Review {
  readonly request: AdmissionRequest;
  readonly kind: ToolhiveKind;
  readonly namespace: string;
  readonly old: ToolhiveObject | undefined;
  readonly facts: (object: ToolhiveObject) => Promise<EntryFacts>;
}

function toOutcome(verdict: Verdict, catalog: Catalog): Outcome {
  const reasons = [...new Set([...verdict.denials, ...verdict.warnings].map(({ rule }) => rule))];
  const age = catalog.ageMs();
  const notes = {
    warnings: verdict.warnings.map(({ field, detail }) => `${field}: ${detail}`),
    audit: {
      ...(reasons.length > 0 ? { rules: reasons.join(',') } : {}),
      // Whole seconds, and only when it is worth a thought: a value that changes between two calls is refused.
      ...(age === undefined ? { catalog: 'not read yet' } : {}),
    },
    reasons,
  };
  return verdict.denials.length > 0 ? denied(verdict.denials, notes) : allowed(notes);
}

/** The verdict on an update is ratcheted against the old object, judged by the same rules at the same moment. */
async function ratcheted(review: Review, verdict: Verdict, policy: Policy): Promise<Verdict> {
  if (verdict.denials.length === 0 || review.request.operation !== 'UPDATE') return verdict;
  if (review.old === undefined) {
    const read = readForReview(review.kind, review.request.oldObject, review.namespace, policy);
    return read.ok ? verdict : ratchet(verdict, read.verdict);
  }
  return ratchet(verdict, judgeObject(review.old, await review.facts(review.old), policy));
}

/** A write of the status subresource: the spec cannot change in it, so only the phase is reviewed. */
async function judgeStatus(review: Review, entry: McpServerEntry, policy: Policy): Promise<Verdict> {
  const old = review.old?.kind === 'MCPServerEntry' ? review.old : undefined;
  const claimsValid = entry.status?.phase === 'Valid';
  const spec = claimsValid ? judgeObject(entry, await review.facts(entry), policy) : undefined;
  const verdict = toVerdict(checkPhase(entry, old, spec?.denials[0]), policy);
  if (old === undefined || verdict.denials.length === 0) return verdict;
  return ratchet(verdict, toVerdict(checkPhase(old, old, undefined), policy));
}

function judgeDeletion(review: Review, catalog: Catalog, policy: Policy): Verdict {
  const nothing: Verdict = { denials: [], warnings: [] };
  return review.old?.kind === 'MCPGroup'
    ? judgeGroupDeletion(review.old, catalog.namespace(review.namespace), policy)
    : nothing;
}

/**
 * The validating webhook for ToolHive's kinds. Deletion and objects that are being deleted are never blocked; an object
 * of another kind passes, since only a widened webhook configuration can send it here.
 */
export function validateReviewer({ catalog, policy }: ValidateDeps): Reviewer {
  return async (request, { signal, now }) => {
    const namespace = request.namespace ?? '';
    if (policy.exemptNamespaces.has(namespace)) return allowed({ reasons: ['namespace-exempt'] });
    const subject = request.operation === 'DELETE' ? request.oldObject : request.object;
    const kind = toolhiveKind(subject);
    if (kind === undefined) {
      if (subject === undefined || subject === null)
        return errored(400, `the review has no ${request.operation === 'DELETE' ? 'oldObject' : 'object'}`);
      return allowed({ reasons: ['kind-not-reviewed'] });
    }
    const before = readForReview(kind, request.oldObject ?? {}, namespace, policy);
    const review: Review = {
      request,
      kind,
      namespace,
      old: request.oldObject && before.ok ? before.object : undefined,
      facts: (object) => gatherFacts(object, catalog, now, signal),
    };
    if (request.operation === 'DELETE') return toOutcome(judgeDeletion(review, catalog, policy), catalog);
    const read = readForReview(kind, request.object, namespace, policy);
    if (!read.ok) return toOutcome(await ratcheted(review, read.verdict, policy), catalog);
    const { object } = read;
    if (object.metadata.deleting) return allowed({ reasons: ['being-deleted'] });
    if (request.subResource === 'status') {
      if (object.kind !== 'MCPServerEntry') return allowed();
      return toOutcome(await judgeStatus(review, object, policy), catalog);
    }
    const verdict = judgeObject(object, await review.facts(object), policy);
    return toOutcome(await ratcheted(review, verdict, policy), catalog);
  };
}
