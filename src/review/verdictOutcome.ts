import type { Cause } from '../admission/cause.ts';
import { type Audit, allowed, denied, type Outcome } from '../admission/outcome.ts';
import { MAX_WARNING_LENGTH } from '../admission/warnings.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { ruleUrl } from '../docs.ts';
import { exceptionText } from '../rules/findings/exceptions.ts';
import { CLEAN } from '../rules/findings/levels.ts';
import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import { enforced } from '../rules/policy/enforcement.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { oneLine, tagged } from '../text/line.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import { catalogAge } from './gather.ts';

/** A denial as kubectl prints it; behind it the id of the rule, as `check` has it, for `explain` and the docs. */
function toCause({ reason, field, message, rule }: Finding): Cause & Pick<Finding, 'rule'> {
  return { reason, field, rule, message: tagged(message, rule) };
}

function toWarning({ field, detail, rule }: Finding): string {
  return tagged(oneLine(`${field}: ${detail}`), rule, MAX_WARNING_LENGTH);
}

function rulesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ rule }) => rule))];
}

const NO_NOTES = {};

/** What the policy had to do with a verdict: its scope, the exceptions that were used, and what it would deny. */
function policyNotes(warnings: readonly Finding[], policy: Policy): Audit {
  const { scope, enforcement, excepted: own } = policy;
  if (scope === undefined && enforcement === 'deny' && own === undefined) return NO_NOTES;
  const wouldDeny = rulesOf(warnings.filter((finding) => finding.wouldDeny));
  const excepted = new Set(warnings.flatMap(({ exception }) => (exception ? exceptionText(exception) : [])));
  return {
    ...(scope !== undefined && { scope }),
    ...(wouldDeny.length > 0 && { 'would-deny': wouldDeny.join(',') }),
    ...(excepted.size > 0 && { exceptions: [...excepted].join('; ') }),
  };
}

/** What an outcome is made from, beside the verdict. */
interface Subject {
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly kind: StoredKind;
  readonly namespace: string;
}

/**
 * The outcome of a review, as its policy enforces the verdict. The audit log keeps which rules spoke, where they are explained,
 * what the policy had to do with it, and whether the catalog was behind.
 */
export function toOutcome(judged: Verdict, { policy, catalog, namespace, kind }: Subject): Outcome {
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
  return allowed(
    verdict === judged ? notes : { ...notes, wouldDeny: { kind, rules: rulesOf(judged.denials) } },
  );
}
