import type { Cause } from '../admission/cause.ts';
import type { RuleId } from './index.ts';

/** One thing that a rule says about one field. `message` is in the API's form (`Invalid value: "x": …`). */
export interface Finding extends Cause {
  readonly rule: RuleId;
  /** The sentence alone, as a warning shows it. */
  readonly detail: string;
  /** The value that was judged, for `identityOf`; never shown, may be a secret. */
  readonly judged: string;
}

/** All that the rules say about one object, sorted by level. */
export interface Verdict {
  readonly denials: readonly Finding[];
  readonly warnings: readonly Finding[];
}
