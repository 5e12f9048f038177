import type { Level, RuleId } from './rules.ts';

/** What a team may settle differently; made once at start. */
export interface Policy {
  level(rule: RuleId): Level;
}
