import type { GroupMembers } from '../../catalog/catalog.ts';
import { backendProblems } from '../../toolhive/vmcpConfig/backends.ts';
import { toData, YamlMap, type YamlValue } from '../../yaml/values.ts';
import type { AuthFailure } from '../auth/converters.ts';
import { isDiscovered, UNAUTHENTICATED } from '../auth/resolver.ts';
import type { Backend } from '../discovery/backend.ts';
import type { Exclusion, Note } from '../report/reasons.ts';
import type { BaseBackend, BaseConfig } from './baseConfig.ts';

/**
 * The part of a base config that belongs to its owner. In a self-managed Pod these are all backends and strategies. In an
 * operator-made Pod it is empty: the operator lists members of the group there, and injection writes them anew.
 */
export interface OwnersPart {
  /** The backends that stay, by name. */
  readonly backends: ReadonlyMap<string, YamlMap>;
  /** The strategies of these backends. */
  readonly strategies: ReadonlyMap<string, YamlMap>;
  /** Strategies of names without a backend: the owner's choice for the member of the group with that name. */
  readonly choices: ReadonlyMap<string, YamlMap>;
  /** Strategies that cannot be used, with what is wrong. */
  readonly broken: ReadonlyMap<string, AuthFailure>;
  readonly excluded: readonly Exclusion[];
}

/** The names of the backends of a self-managed base config, whatever else is true of them. */
export function ownedNames(base: BaseConfig): ReadonlySet<string> {
  return new Set(base.backends.flatMap(({ name }) => name ?? []));
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

function rejected({ name }: BaseBackend, index: number, message: string): Exclusion {
  return { kind: 'Backend', name: name ?? `backends[${index}]`, reason: 'base-backend-rejected', message };
}

/**
 * The part of a self-managed base config: every backend that can be used stays, whatever the group has.
 * @param strategyFault why a strategy cannot be used. Not called for type `discovered`, which
 * is replaced.
 */
export function ownersPart(
  base: BaseConfig,
  strategyFault: (name: string, strategy: YamlMap) => AuthFailure | undefined,
): OwnersPart {
  const broken = new Map<string, AuthFailure>();
  for (const [name, strategy] of base.strategies) {
    const failure = isDiscovered(strategy) ? undefined : strategyFault(name, strategy);
    if (failure) broken.set(name, failure);
  }
  const backends = new Map<string, YamlMap>();
  const excluded: Exclusion[] = [];
  for (const [index, backend] of base.backends.entries()) {
    const { name, value } = backend;
    const fault = backendFault(value) ?? broken.get(name ?? '')?.message;
    if (name === undefined || fault) excluded.push(rejected(backend, index, fault ?? 'it has no name'));
    else if (backends.has(name))
      excluded.push(rejected(backend, index, 'the base config lists this name twice'));
    else backends.set(name, value as YamlMap);
  }
  const names = ownedNames(base);
  const ofBackends = [...base.strategies].filter(([name]) => backends.has(name));
  return {
    backends,
    strategies: new Map(
      ofBackends.map(([name, strategy]) => [name, isDiscovered(strategy) ? UNAUTHENTICATED : strategy]),
    ),
    choices: new Map([...base.strategies].filter(([name]) => !names.has(name))),
    broken,
    excluded,
  };
}

/** The part of an operator-made base config, which is empty. Backends that it lists and the group lacks are excluded. */
export function operatorsPart(base: BaseConfig, members: GroupMembers): OwnersPart {
  const all = [...members.servers, ...members.remoteProxies, ...members.entries];
  const names = new Set(all.map(({ metadata }) => metadata.name));
  const none = new Map<string, never>();
  const excluded = base.backends.flatMap(({ name }, index): readonly Exclusion[] => {
    if (name !== undefined && names.has(name)) return [];
    const message = 'the base config lists it, but the group has no such backend any more';
    return [{ kind: 'Backend', name: name ?? `backends[${index}]`, reason: 'base-backend-unknown', message }];
  });
  return { backends: none, strategies: none, choices: none, broken: none, excluded };
}

/**
 * Excludes members that are named like a backend of the owner: its strategy and its headers are found by that name and
 * would go to the member's URL.
 */
export function withoutOwnedNames(
  backends: readonly Backend[],
  owned: ReadonlySet<string>,
): { readonly backends: readonly Backend[]; readonly excluded: readonly Exclusion[] } {
  const taken = backends.filter(({ name }) => owned.has(name));
  return {
    backends: backends.filter(({ name }) => !owned.has(name)),
    excluded: taken.map(({ kind, name }) => ({
      kind,
      name,
      reason: 'name-taken',
      message: `backend "${name}" of the base config has this name and keeps it; rename ${kind} "${name}", or the backend in the base config`,
    })),
  };
}

/** Says which members are called with a strategy that the owner chose for their name. */
export function choiceNotes(backends: readonly Backend[], { choices }: OwnersPart): readonly Note[] {
  const chosen = backends.filter(({ name }) => {
    const choice = choices.get(name);
    return choice !== undefined && !isDiscovered(choice);
  });
  return chosen.map(({ kind, name }) => ({
    kind,
    name,
    reason: 'base-strategy-used',
    message: 'its strategy is the one that the base config has for this name',
  }));
}
