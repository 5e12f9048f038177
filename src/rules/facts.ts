import type { Lookup, NamespaceView } from '../catalog/catalog.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import type { SecretLookups } from './secrets.ts';

/** What rules may know beside the object: all of it read before, nothing read by a rule. */
export interface Facts {
  readonly view: NamespaceView;
  /** Secrets by name, under the opt-in setting only. */
  readonly secrets: SecretLookups;
  readonly now: Date;
}

/** {@link Facts} for an entry. */
export interface EntryFacts extends Facts {
  /** The ConfigMap that `caBundleRef` names; undefined when it was not looked up. */
  readonly caBundle: Lookup<ConfigMap> | undefined;
}
