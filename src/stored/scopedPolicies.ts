import { type Catalog, namespaceLabels } from '../catalog/catalog.ts';
import type { Labels } from '../kubernetes/labelSelector.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { policyInScope, selectsByLabels } from '../rules/policy/scopes.ts';

const UNKNOWN: Labels = {};

/**
 * The policy of each namespace, for objects that no caller applies. The labels of a namespace are read once, by its name,
 * when a scope asks for them; until they are there, no scope selects the namespace by them.
 */
export class ScopedPolicies {
  readonly #catalog: Catalog;
  readonly #policy: Policy;
  readonly #stopped: AbortSignal;
  readonly #changed: (namespace: string) => void;
  readonly #labels = new Map<string, Labels>();

  /** @param changed is called when labels have come, for which objects have to be judged again */
  constructor(catalog: Catalog, policy: Policy, stopped: AbortSignal, changed: (namespace: string) => void) {
    this.#catalog = catalog;
    this.#policy = policy;
    this.#stopped = stopped;
    this.#changed = changed;
  }

  of(namespace: string): Policy {
    const policy = this.#policy;
    if (policy.scopes.length === 0) return policy;
    const labels = selectsByLabels(policy) ? this.#labelsOf(namespace) : UNKNOWN;
    return policyInScope(policy, { namespace, caller: undefined, labels });
  }

  #labelsOf(namespace: string): Labels {
    const known = this.#labels.get(namespace);
    if (known === undefined) {
      this.#labels.set(namespace, UNKNOWN);
      void this.#read(namespace);
    }
    return known ?? UNKNOWN;
  }

  async #read(namespace: string): Promise<void> {
    try {
      this.#labels.set(namespace, await namespaceLabels(this.#catalog, namespace, this.#stopped));
      this.#changed(namespace);
    } catch {
      // Asked again when the namespace is judged next; /readyz says why labels cannot be read.
      this.#labels.delete(namespace);
    }
  }
}
