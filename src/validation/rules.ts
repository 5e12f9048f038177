/** `deny` refuses the object, `warn` prints a warning, `off` says nothing. */
export type Level = 'deny' | 'warn' | 'off';

export interface RuleInfo {
  /** The level when no setting says otherwise. */
  readonly level: Level;
  /** One sentence: what the rule asks for. */
  readonly summary: string;
}

/** Every rule by its id. Ids are stable: messages, settings, metrics and docs refer to them. */
export const RULES = {
  'malformed-field': { level: 'deny', summary: 'A field has the JSON type that the CRD gives it.' },
} as const satisfies Record<string, RuleInfo>;

export type RuleId = keyof typeof RULES;
