import type { Lookup, NamespaceView, SecretFacts } from '../catalog/catalog.ts';
import type { ConfigMap } from '../toolhive/configMap.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import type { Policy } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** What the rules of an entry may know beside the entry: all read before, nothing read by a rule. */
export interface EntryFacts {
  readonly view: NamespaceView;
  /** The ConfigMap that `caBundleRef` names; undefined when the entry names none. */
  readonly caBundle: Lookup<ConfigMap> | undefined;
  /** Secrets by name, under the opt-in setting only. */
  readonly secrets: ReadonlyMap<string, Lookup<SecretFacts>> | undefined;
  readonly now: Date;
}

/** Applies every rule about an entry's spec. Pure; never throws. Injection asks this too. */
export function judgeEntry(_entry: McpServerEntry, _facts: EntryFacts, _policy: Policy): Verdict {
  return { denials: [], warnings: [] };
}
