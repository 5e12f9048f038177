import type { Cause } from '../../admission/cause.ts';
import type { RuleId } from '../index.ts';
import type { Exception } from './exceptions.ts';

/** One wrong, as an update is compared by it: see ratchet.ts. */
export interface Violation {
  /** The same for the same wrong in the old and the new object; a hash, so that no value can be read from it. */
  readonly identity: string;
  /** How often the object has it, e.g. the bytes that it takes. */
  readonly times: number;
}

/** One thing that a rule says about one field. `message` is in the API's form (`Invalid value: "x": …`). */
export interface Finding extends Cause {
  readonly rule: RuleId;
  /** The sentence alone, as a warning shows it. */
  readonly detail: string;
  /** The violations, which only an update asks for. */
  readonly violations: () => readonly Violation[];
  /** The exception of the policy for which it does not deny. */
  readonly exception?: Exception;
  /** True for a warning that is a denial where the policy is enforced. */
  readonly wouldDeny?: boolean;
}

/** All that the rules say about one object, sorted by level. */
export interface Verdict {
  readonly denials: readonly Finding[];
  readonly warnings: readonly Finding[];
}
