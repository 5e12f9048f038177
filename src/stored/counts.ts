import type { Verdict } from '../rules/findings/verdict.ts';
import type { RuleId } from '../rules/index.ts';

export type Level = 'deny' | 'warn';

/** How many findings of a rule there are at a level: of one object, or of all. */
export interface FindingCount {
  readonly rule: RuleId;
  readonly level: Level;
  readonly count: number;
}

/** The counts of an object without findings. */
export const NONE: readonly FindingCount[] = [];

/** The findings of one object, counted. */
export function countFindings({ denials, warnings }: Verdict): readonly FindingCount[] {
  if (denials.length + warnings.length === 0) return NONE;
  const at = (level: Level, findings: Verdict['denials']) =>
    [...Map.groupBy(findings, ({ rule }) => rule)].map(([rule, { length }]) => ({
      rule,
      level,
      count: length,
    }));
  return [...at('deny', denials), ...at('warn', warnings)];
}

/** The counts of all objects together. */
export class FindingTotals {
  readonly #totals = new Map<string, FindingCount>();

  /** Takes the new counts of an object in place of those that it had. */
  replace(before: readonly FindingCount[], after: readonly FindingCount[]): void {
    for (const one of before) this.#add(one, -1);
    for (const one of after) this.#add(one, 1);
  }

  /** A rule that once had a finding stays, with 0. */
  values(): Iterable<FindingCount> {
    return this.#totals.values();
  }

  #add({ rule, level, count }: FindingCount, sign: 1 | -1): void {
    const key = `${rule} ${level}`;
    const before = this.#totals.get(key)?.count ?? 0;
    this.#totals.set(key, { rule, level, count: before + sign * count });
  }
}
