import type { Lookup, NamespaceView } from '../catalog/catalog.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import type { StoredKind, ToolhiveKind } from '../toolhive/kinds.ts';
import type { Finding } from './findings/verdict.ts';
import type { Policy } from './policy/policy.ts';
import type { SecretLookups } from './secrets/secrets.ts';

/** `deny` refuses the object, `warn` prints a warning, `off` says nothing. */
export type Level = 'deny' | 'warn' | 'off';

/** What a rule applies to: the spec of a kind, its status when that is written, or its deletion. */
export type Target = StoredKind | `${ToolhiveKind} (${'status' | 'deletion'})`;

/** What is known of a rule beside its check. */
export interface RuleInfo {
  /** The level when no policy sets another one. */
  readonly level: Level;
  /** One sentence: what must be so. */
  readonly summary: string;
  /** What the rule applies to; the pages of docs/rules and `explain` show it. */
  readonly targets: readonly Target[];
}

/** A rule that denies by default. For what is wrong in itself, stops a whole vMCP or sends a secret to another server. */
export function deny(summary: string, ...targets: Target[]): RuleInfo {
  return { level: 'deny', summary, targets };
}

/** A rule that warns by default. For what only leaves one object unserved, and for references that may come later. */
export function warn(summary: string, ...targets: Target[]): RuleInfo {
  return { level: 'warn', summary, targets };
}

/** What a check may know beside the object. All of it was read before; a check reads nothing itself. */
export interface Facts {
  readonly view: NamespaceView;
  /** Secrets by name, under the opt-in setting only. */
  readonly secrets: SecretLookups;
  /** The ConfigMap that the object names for its CA bundle or its policies; undefined when it was not looked up. */
  readonly configMap: Lookup<ConfigMap> | undefined;
  readonly now: Date;
}

/** Looks at one object and returns what is wrong with it. Pure; never throws. */
export type Check<Model> = (object: Model, facts: Facts, policy: Policy) => readonly Finding[];

/** One untrusted object, for checks that need nothing beside it. */
export interface LoneObject {
  readonly kind: StoredKind;
  readonly name: string;
  readonly namespace: string;
  /** As it came; every field may have any type. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Looks at one object by itself, whether or not it can be read as a model. Pure; never throws. */
export type LoneCheck = (object: LoneObject, policy: Policy) => readonly Finding[];
