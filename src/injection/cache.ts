import { createHash } from 'node:crypto';
import { type AuthServer, readAuthServer } from './auth/authServer.ts';
import { type ReadBase, readBaseConfig } from './config/baseConfig.ts';
import { slices } from './config/slices.ts';
import { type Merged, merge } from './merge.ts';
import type { StaticFacts } from './resolve.ts';

/** Keeps the values of the keys that were asked for last. */
class LatestValues<V> {
  readonly #limit: number;
  readonly #values = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#limit && oldest !== undefined) this.#values.delete(oldest);
    return value;
  }
}

/** Gives every object a number of its own, so that objects can be part of a key. */
class Numbers {
  readonly #numbers = new WeakMap<object, number>();
  #last = 0;

  of(object: object | undefined): number {
    if (object === undefined) return 0;
    const number = this.#numbers.get(object) ?? ++this.#last;
    this.#numbers.set(object, number);
    return number;
  }
}

/** A few dozen groups, with texts of 256 KiB each at the very most. */
const LIMIT = 64;
/** Judgements ask the time only for the dates of certificates. */
const MINUTE = 60_000;

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
  readonly #bases = new LatestValues<Promise<ReadBase>>(LIMIT);
  readonly #authServers = new LatestValues<Promise<AuthServer>>(LIMIT);
  readonly #merged = new LatestValues<Merged>(LIMIT);
  readonly #numbers = new Numbers();

  base(text: string): Promise<ReadBase> {
    return this.#bases.get(text, () => readBaseConfig(text, this.#pause));
  }

  authServer(text: string): Promise<AuthServer> {
    return this.#authServers.get(text, () => readAuthServer(text, this.#pause));
  }

  merged(facts: StaticFacts): Merged {
    if (facts.view.revision === undefined || facts.secrets !== undefined) return merge(facts);
    return this.#merged.get(this.#keyOf(facts), () => merge(facts));
  }

  #keyOf(facts: StaticFacts): string {
    const { view, members, virtualServer, base, policy, owner } = facts;
    const objects = [view.revision, members, virtualServer, base, policy];
    const configMaps = [...facts.configMaps].map(([name, lookup]) =>
      JSON.stringify([name, lookup.state === 'found' ? this.#numbers.of(lookup.value) : lookup]),
    );
    const parts = [
      objects.map((object) => this.#numbers.of(object)),
      facts.group,
      facts.authServer,
      configMaps.sort(),
      Math.floor(facts.now.getTime() / MINUTE),
      owner.fingerprint,
      [...facts.oversized.values()],
    ];
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  }
}
