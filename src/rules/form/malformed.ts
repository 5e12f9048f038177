import type { FieldProblem } from '../../kubernetes/read.ts';
import { TOOLHIVE_KINDS, type ToolhiveKind } from '../../toolhive/kinds.ts';
import { readObject, type ToolhiveObject } from '../../toolhive/object.ts';
import { invalid } from '../findings/finding.ts';
import { toVerdict } from '../findings/levels.ts';
import type { Verdict } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { deny } from '../rule.ts';

export const malformedRules = {
  'malformed-field': deny('Every field must have the JSON type that the CRD gives it.', ...TOOLHIVE_KINDS),
};

/** Fields of the wrong JSON type, as findings. */
function judgeProblems(problems: readonly FieldProblem[], policy: Policy): Verdict {
  return toVerdict(
    problems.map(({ field, message }) => invalid({ rule: 'malformed-field', field, detail: message })),
    policy,
  );
}

/** The model of an untrusted object, or the verdict on why it has none. */
export type Readable =
  | { readonly ok: true; readonly object: ToolhiveObject }
  | { readonly ok: false; readonly verdict: Verdict };

/**
 * Reads an untrusted object as the model that checks take. Never throws.
 * @param namespace of the request: inside the object it may be missing
 */
export function readForReview(kind: ToolhiveKind, raw: unknown, namespace: string, policy: Policy): Readable {
  const read = readObject(kind, raw);
  if (!read.ok) return { ok: false, verdict: judgeProblems(read.problems, policy) };
  const object = read.value;
  return { ok: true, object: { ...object, metadata: { ...object.metadata, namespace } } as ToolhiveObject };
}
