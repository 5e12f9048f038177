import { type Pause, slices } from '../concurrency/slices.ts';
import { Turns } from '../concurrency/turns.ts';
import { remember } from '../remember.ts';
import { readAuthServer } from './auth/authServer.ts';
import { readBaseConfig } from './config/baseConfig.ts';
import { type Merged, merge } from './merge.ts';
import type { PodRefusal } from './report/reasons.ts';
import type { StaticFacts } from './resolve.ts';

/**
 * Characters of all texts in one cache: a hundred configs of 6 KB, or four of the largest. A parsed text takes up to 37
 * times as much memory (`[a,a,…]`): 64 such texts did not fit into the heap of the Deployment.
 */
const LIMIT = 1_048_576;
/** The size of a value beside its texts, in characters. */
const OVERHEAD = 4_096;
/**
 * Characters of all texts that are parsed at the same time: one of the largest and some of the usual size. The nodes of a
 * text take up to 350 bytes per character while it is parsed: 16 texts of 72 KB at once exhausted the heap.
 */
const PARSING_LIMIT = 327_680;
/** Rules need the time only for the dates of certificates. */
const MINUTE = 60_000;

/** Keeps the values of the keys that were asked for last, as many as their texts together are short enough. */
class LatestValues<V> {
  readonly #kept = new Map<string, { readonly value: V; readonly size: number }>();
  #size = 0;

  /** @param lengthOf the characters of a value's texts beside its key */
  get(key: string, make: () => V, lengthOf: (value: V) => number = () => 0): V {
    let kept = this.#kept.get(key);
    if (!kept) {
      const value = make();
      kept = { value, size: OVERHEAD + key.length + lengthOf(value) };
      this.#size += kept.size;
    }
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const [oldest, { size }] of this.#kept) {
      if (this.#size <= LIMIT || oldest === key) break;
      this.#kept.delete(oldest);
      this.#size -= size;
    }
    return kept.value;
  }
}

/**
 * What injection keeps from one Pod to the next, since the Pods of a rollout ask for the same. One for a server or a run.
 * A 20-backend config takes some 2 ms to make, and a base config of 100 KB some 70 ms to parse.
 *
 * | value | key |
 * |---|---|
 * | parsed base config, parsed authserver-config.yaml | its text |
 * | merged config | everything that {@link merge} reads: the revision of the namespace, the members, the VirtualMCPServer, the base config, the auth server, the ConfigMaps of the CA bundles, the policy, the minute, the owner's variables, the backends left out for the size of the Pod |
 *
 * Nothing is kept of a merged config when Secrets are readable, as their contents change without a revision.
 */
export class InjectionCache {
  readonly #pause = slices();
  readonly #turns = new Turns(PARSING_LIMIT);
  readonly #merged = new LatestValues<Merged | PodRefusal>();
  #objects = 0;
  /** A number of its own for every object, so that objects can be part of a key. */
  readonly #numberOf = remember<object, number>(() => ++this.#objects);

  readonly base = this.#parsed(readBaseConfig);
  readonly authServer = this.#parsed(readAuthServer);

  #parsed<T>(read: (text: string, pause: Pause) => Promise<T>): (text: string) => Promise<T> {
    const values = new LatestValues<Promise<T>>();
    return (text) => values.get(text, () => this.#turns.run(() => read(text, this.#pause), text.length));
  }

  merged(facts: StaticFacts): Merged | PodRefusal {
    if (facts.view.revision === undefined || facts.secrets !== undefined) return merge(facts);
    return this.#merged.get(
      this.#keyOf(facts),
      () => merge(facts),
      (merged) => ('text' in merged ? merged.text.length : 0),
    );
  }

  #keyOf(facts: StaticFacts): string {
    const { view, members, virtualServer, base, policy, owner } = facts;
    const objects = [view.revision, members, virtualServer, base, policy];
    const configMaps = [...facts.configMaps].map(([name, lookup]) =>
      JSON.stringify([name, lookup.state === 'found' ? this.#numberOf(lookup.value) : lookup]),
    );
    const parts = [
      objects.map((object) => object && this.#numberOf(object)),
      facts.group,
      facts.authServer,
      configMaps.sort(),
      Math.floor(facts.now.getTime() / MINUTE),
      owner.fingerprint,
      [...facts.oversized],
    ];
    return JSON.stringify(parts);
  }
}
