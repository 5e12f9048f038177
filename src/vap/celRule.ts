import type { RuleId } from '../rules/index.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import type { Violations } from './cel.ts';

/** A rule, or the part of it that CEL can say, for the kinds whose objects alone decide about it. */
export interface CelRule {
  readonly rule: RuleId;
  readonly kinds: readonly StoredKind[];
  readonly violations: Violations;
}

/** A rule that looks at one object. */
export function celRule(rule: RuleId, kinds: readonly StoredKind[], violations: Violations): CelRule {
  return { rule, kinds, violations };
}
