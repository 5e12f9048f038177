import type { Member } from '../../catalog/catalog.ts';
import { backendProblems } from '../../toolhive/vmcpConfig/backends.ts';
import { strategyProblems } from '../../toolhive/vmcpConfig/strategies.ts';
import { toData, YamlMap, type YamlValue } from '../../yaml/values.ts';
import { providerRefusal } from '../auth/authServer.ts';
import { UNAUTHENTICATED } from '../auth/converters.ts';
import { type AuthFacts, type Candidate, isDiscovered } from '../auth/resolver.ts';
import type { Backend } from '../discovery/backend.ts';
import type { OwnerEnv } from '../pod/ownerEnv.ts';
import type { Exclusion, Note, Refusal } from '../report/reasons.ts';
import type { BaseConfig } from './baseConfig.ts';

/** What decides which part of a base config belongs to its owner. */
export interface OwnerFacts extends Pick<AuthFacts, 'authServer' | 'virtualServer'> {
  readonly base: BaseConfig;
  readonly members: readonly Member[];
  /** The variables that the owner of the vMCP sets and reads in its container. */
  readonly owner: OwnerEnv;
}

/**
 * The part of a base config that belongs to its owner. In a self-managed Pod these are all backends and strategies. In an
 * operator-made Pod it is empty: the operator lists members of the group there, and injection writes them anew.
 */
export interface OwnersPart {
  /** The names of all backends, whatever else is true of them: no member may have one of them. */
  readonly names: ReadonlySet<string>;
  /** The backends that stay, by name. */
  readonly backends: ReadonlyMap<string, YamlMap>;
  /** The strategies of these backends. */
  readonly strategies: ReadonlyMap<string, YamlMap>;
  /**
   * All strategies, or why one cannot be used. One of a name without a backend is the owner's choice for the member of the
   * group with that name.
   */
  readonly choices: ReadonlyMap<string, YamlMap | Refusal>;
  readonly excluded: readonly Exclusion[];
}

export const NOTHING_OWNED: OwnersPart = {
  names: new Set(),
  backends: new Map(),
  strategies: new Map(),
  choices: new Map(),
  excluded: [],
};

/** The names of all backends of a base config. Those of a self-managed one belong to its owner. */
export function backendNames({ backends }: BaseConfig): ReadonlySet<string> {
  return new Set(backends.flatMap(({ name }) => name ?? []));
}

/** Why the vMCP would refuse a backend or could not use it. */
function backendFault(value: YamlValue): string | undefined {
  if (!(value instanceof YamlMap)) return 'it is not a mapping';
  const data = toData(value) as { readonly url?: unknown; readonly transport?: unknown };
  const [problem] = backendProblems(data, 'backend');
  if (problem) return `${problem.path} ${problem.message}`;
  if (typeof data.url !== 'string' || !URL.canParse(data.url)) return 'it has no URL that can be called';
  return typeof data.transport === 'string' && data.transport !== '' ? undefined : 'it has no transport';
}

/** The strategy, or why it cannot stay. Type `discovered` is replaced. */
function judged(name: string, strategy: YamlMap, facts: OwnerFacts): YamlMap | Refusal {
  if (isDiscovered(strategy)) return strategy;
  const data = toData(strategy);
  const [problem] = strategyProblems(data, name, facts.owner.has);
  if (!problem) return providerRefusal(`the strategy of "${name}"`, data, facts.authServer) ?? strategy;
  return { reason: 'auth-config-incomplete', message: `${problem.path} ${problem.message}` };
}

/** A backend of a base config that is not served. One without a name is called by its place in the list. */
function excludedBackend(index: number, name: string | undefined, refusal: Refusal): Exclusion {
  return { kind: 'Backend', name: name || `backends[${index}]`, ...refusal };
}

/** The part of a self-managed base config: every backend that can be used stays, whatever the group has. */
function selfManagedPart(facts: OwnerFacts): OwnersPart {
  const { base } = facts;
  const choices = new Map<string, YamlMap | Refusal>();
  for (const [name, strategy] of base.strategies) choices.set(name, judged(name, strategy, facts));
  const backends = new Map<string, YamlMap>();
  const excluded: Exclusion[] = [];
  for (const [index, { name = '', value }] of base.backends.entries()) {
    const choice = choices.get(name);
    const message =
      backendFault(value) ??
      (choice && 'reason' in choice ? choice.message : undefined) ??
      (name === '' ? 'it has no name' : undefined) ??
      (backends.has(name) ? 'the base config lists this name twice' : undefined);
    if (message === undefined) backends.set(name, value as YamlMap);
    else excluded.push(excludedBackend(index, name, { reason: 'base-backend-rejected', message }));
  }
  const strategies = new Map<string, YamlMap>();
  for (const [name, strategy] of base.strategies)
    if (backends.has(name)) strategies.set(name, isDiscovered(strategy) ? UNAUTHENTICATED : strategy);
  return { names: backendNames(base), backends, strategies, choices, excluded };
}

/** The part of an operator-made base config, which is empty. Backends that it lists and the group lacks are excluded. */
function operatorMadePart({ base, members }: OwnerFacts): OwnersPart {
  const names = new Set(members.map(({ metadata }) => metadata.name));
  const message = 'the base config lists it, but no such backend of the group is known';
  const excluded = base.backends.flatMap(({ name }, index) =>
    name !== undefined && names.has(name)
      ? []
      : excludedBackend(index, name, { reason: 'base-backend-unknown', message }),
  );
  return { ...NOTHING_OWNED, excluded };
}

export function partOfOwner(facts: OwnerFacts): OwnersPart {
  return facts.virtualServer ? operatorMadePart(facts) : selfManagedPart(facts);
}

/**
 * Why a member is not served: it is named like a backend of the owner, whose strategy and headers are found by that name
 * and would go to the member's URL.
 */
export function ownedNameRefusal({ kind, name }: Backend, names: ReadonlySet<string>): Refusal | undefined {
  if (!names.has(name)) return undefined;
  const message = `backend "${name}" of the base config has this name and keeps it; rename ${kind} "${name}", or the backend in the base config`;
  return { reason: 'name-taken', message };
}

/** Says which members are called with a strategy that the owner chose for their name. */
export function choiceNotes(backends: readonly Candidate[], { choices }: OwnersPart): readonly Note[] {
  const message = 'its strategy is the one that the base config has for this name';
  const chosen = backends.filter(({ name, auth }) => auth.strategy && auth.strategy === choices.get(name));
  return chosen.map(({ kind, name }) => ({ kind, name, reason: 'base-strategy-used', message }));
}

/** Every text of the data that could be the name of a variable which ToolHive names. */
function variablesIn(data: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof data === 'string' && data.startsWith('TOOLHIVE_')) found.add(data);
  else if (typeof data === 'object' && data !== null)
    for (const value of Object.values(data)) variablesIn(value, found);
  return found;
}

/**
 * The variables that a base config reads. One written by the owner of the vMCP counts as a whole: injection must not set a
 * variable that would make a strategy usable in a later pass. Of the operator's one only what stays counts: injection
 * writes its backends and their strategies.
 * @param defaultStays whether `outgoingAuth.default` stays as it is
 */
export function variablesReadBy(facts: OwnerFacts, defaultStays: boolean): ReadonlySet<string> {
  const { base, virtualServer } = facts;
  if (!virtualServer) return variablesIn(base.data);
  const { backends: _, outgoingAuth, ...others } = base.data;
  const { default: strategy } = outgoingAuth as { readonly default?: unknown };
  return variablesIn([others, defaultStays && strategy]);
}
