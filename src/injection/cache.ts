import type { Lookup } from '../catalog/catalog.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import { type Settled, type StaticFacts, settle } from './resolve.ts';

/** How many answers are kept per state of a namespace: one for each vMCP and its base config. */
const LIMIT = 64;
/** Judgements ask the time only for the dates of certificates. */
const MINUTE = 60_000;

interface Made {
  readonly facts: StaticFacts;
  readonly settled: Settled;
}

function sameLookup(a: Lookup<ConfigMap> | undefined, b: Lookup<ConfigMap>): boolean {
  if (a?.state === 'found' && b.state === 'found') return a.value === b.value;
  return a?.state === 'missing' && b.state === 'missing';
}

function sameConfigMaps(a: StaticFacts['configMaps'], b: StaticFacts['configMaps']): boolean {
  return a.size === b.size && [...b].every(([name, lookup]) => sameLookup(a.get(name), lookup));
}

/** True when nothing that settling asks is another object; of what could not be read nothing is known to be the same. */
function sameFacts(a: StaticFacts, b: StaticFacts): boolean {
  return (
    a.base === b.base &&
    a.baseConfigMap === b.baseConfigMap &&
    a.authServer === b.authServer &&
    a.virtualServer === b.virtualServer &&
    a.members.entries === b.members.entries &&
    a.members.servers === b.members.servers &&
    a.members.remoteProxies === b.members.remoteProxies &&
    a.policy === b.policy &&
    a.owner.fingerprint === b.owner.fingerprint &&
    Math.floor(a.now.getTime() / MINUTE) === Math.floor(b.now.getTime() / MINUTE) &&
    a.oversized.size === b.oversized.size &&
    [...b.oversized.keys()].every((name) => a.oversized.has(name)) &&
    sameConfigMaps(a.configMaps, b.configMaps)
  );
}

/**
 * {@link settle} that remembers: the Pods of a rollout ask for the same group in the same state. An answer is given again
 * only while the namespace is unchanged, and the ConfigMaps that were read for this very Pod are those of last time.
 */
export function rememberedSettle(): (facts: StaticFacts) => Settled {
  const byRevision = new WeakMap<object, Map<string, Made>>();
  return (facts) => {
    const { revision } = facts.view;
    if (revision === undefined || facts.secrets !== undefined) return settle(facts);
    const known = byRevision.get(revision) ?? new Map<string, Made>();
    byRevision.set(revision, known);
    const key = [facts.group, facts.virtualServer?.metadata.name, facts.baseConfigMap.metadata.name].join(
      '\n',
    );
    const made = known.get(key);
    if (made && sameFacts(made.facts, facts)) return made.settled;
    const settled = settle(facts);
    if (known.size >= LIMIT) known.clear();
    known.set(key, { facts, settled });
    return settled;
  };
}
