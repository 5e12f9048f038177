import type { GroupMembers } from '../catalog/catalog.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { type DefaultAuth, defaultNode, settleDefault, variablesIn } from './auth/defaultAuth.ts';
import { type AuthFacts, type BackendAuth, resolveAll } from './auth/resolver.ts';
import { withSecrets } from './auth/secrets.ts';
import { type AuthVariable, chooseAuthVariables, type UsedStrategy } from './auth/variables.ts';
import { withoutTooLarge } from './config/backendSize.ts';
import { type BaseOnly, baseOnlyBackends, withoutOwnedNames } from './config/baseBackends.ts';
import type { BaseConfig } from './config/baseConfig.ts';
import { toData, YamlMap } from './config/render.ts';
import { type HasVariable, strategyProblems } from './config/validator.ts';
import { compare } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { settleClashes } from './discovery/conflicts.ts';
import { discover } from './discovery/discover.ts';
import type { GateFacts } from './discovery/eligible.ts';
import type { Oversized } from './podSize.ts';
import type { LeftOut, Note } from './report/reasons.ts';

/** Everything that a static vMCP's config is made from, all read before. */
export interface StaticFacts extends GateFacts {
  readonly group: string;
  readonly members: GroupMembers;
  /** Undefined for a self-managed Pod. */
  readonly virtualServer: VirtualMcpServer | undefined;
  readonly base: BaseConfig;
  readonly baseConfigMap: ConfigMap;
  /** The key of the base config in its ConfigMap. */
  readonly baseKey: string;
  /** The key of the auth server's config in the same ConfigMap, if the vMCP reads one that is there. */
  readonly authServerKey: string | undefined;
  /** Whether the container sets a variable already. */
  readonly hasVariable: HasVariable;
  /** Backends without which the Pod is small enough to be stored; they are left out, whatever else is true of them. */
  readonly oversized: Oversized;
}

/** What is served and how, before it is written down. */
export interface Settled {
  /** The base config that it was settled for. */
  readonly base: BaseConfig;
  /** Sorted by name. */
  readonly backends: readonly Backend[];
  /** Backends that only the base config knows and that stay, by name. */
  readonly kept: ReadonlyMap<string, YamlMap>;
  /** `outgoingAuth.backends`, sorted by name. */
  readonly strategies: YamlMap;
  /** Replaces `outgoingAuth.default` when defined. */
  readonly defaultStrategy: YamlMap | undefined;
  readonly variables: readonly AuthVariable[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly Note[];
}

interface Discovered {
  readonly backends: readonly Backend[];
  readonly leftOut: readonly LeftOut[];
}

/** What of the strategies of a self-managed base config would end the vMCP, by backend. `discovered` can be mended. */
function brokenStrategies({ base, hasVariable }: StaticFacts): ReadonlyMap<string, string> {
  const broken = new Map<string, string>();
  for (const [name, strategy] of base.strategies) {
    if (strategy.get('type') === 'discovered') continue;
    const [problem] = strategyProblems(toData(strategy), name, hasVariable);
    if (problem) broken.set(name, `${problem.path} ${problem.message}`);
  }
  return broken;
}

/** The backends of a self-managed base config by name: its owner's. Those of any other are the operator's copy of the group. */
function ownedNames({ virtualServer, base }: StaticFacts): ReadonlySet<string> {
  return new Set(virtualServer ? [] : base.backends.flatMap(({ name }) => name ?? []));
}

/** What the owner of a self-managed base config chose for members: strategies of names that no backend of theirs has. */
function choices(facts: StaticFacts): ReadonlyMap<string, YamlMap> {
  const owned = ownedNames(facts);
  return new Map([...facts.base.strategies].filter(([name]) => !owned.has(name)));
}

function choiceNotes(
  { virtualServer, base }: StaticFacts,
  backends: readonly Backend[],
  auth: ReadonlyMap<Backend, BackendAuth>,
): readonly Note[] {
  if (virtualServer) return [];
  return backends.flatMap((backend) => {
    const { kind, name } = backend;
    if (auth.get(backend)?.kind !== 'kept' || !base.strategies.has(name)) return [];
    const message = 'its strategy is the one that the base config has for this name';
    return [{ kind, name, reason: 'base-strategy-used', message }];
  });
}

function authFacts(facts: StaticFacts): AuthFacts {
  const { virtualServer, baseConfigMap, authServerKey, view, policy } = facts;
  const hasAuthServer = authServerKey !== undefined && Object.hasOwn(baseConfigMap.data, authServerKey);
  return {
    authConfig: (name) => view.authConfig(name),
    authServer: virtualServer
      ? virtualServer.authServer
      : hasAuthServer
        ? { providers: undefined }
        : undefined,
    policy,
    explicit: virtualServer?.backendAuth ?? {},
    kept: virtualServer ? new Map() : choices(facts),
    broken: virtualServer ? new Map() : brokenStrategies(facts),
  };
}

/** Names that the parts of the base config that stay already use, each with the auth config that it is for, if known. */
function reservedVariables(
  facts: StaticFacts,
  defaultAuth: DefaultAuth,
): ReadonlyMap<string, string | undefined> {
  const reserved = new Map<string, string | undefined>();
  if (defaultAuth.replacement === undefined)
    for (const name of variablesIn(facts.base.defaultStrategy)) reserved.set(name, undefined);
  // Also of strategies that do not stay: a later pass must find their variables as unset as this one.
  if (facts.virtualServer === undefined)
    for (const strategy of facts.base.strategies.values())
      for (const name of variablesIn(strategy)) reserved.set(name, undefined);
  for (const { env } of defaultAuth.strategy?.secrets ?? []) reserved.set(env, defaultAuth.strategy?.config);
  return reserved;
}

/** Strategies of a self-managed base config that stay: those of its own backends, and those that are chosen for members. */
function keptStrategies(
  facts: StaticFacts,
  { kept }: BaseOnly,
  auth: ReadonlyMap<Backend, BackendAuth>,
  backends: readonly Backend[],
): Map<string, YamlMap> {
  const result = new Map<string, YamlMap>();
  if (!facts.virtualServer)
    for (const [name, strategy] of facts.base.strategies)
      if (kept.has(name))
        result.set(
          name,
          strategy.get('type') === 'discovered' ? new YamlMap([['type', 'unauthenticated']]) : strategy,
        );
  for (const backend of backends) {
    const choice = auth.get(backend);
    if (choice?.kind === 'kept') result.set(backend.name, choice.strategy);
  }
  return result;
}

function withoutOversized({ backends, leftOut }: Discovered, oversized: Oversized): Discovered {
  if (oversized.size === 0) return { backends, leftOut };
  const stored = backends.filter(({ name }) => !oversized.has(name));
  return { backends: stored, leftOut: [...leftOut, ...oversized.values()] };
}

/**
 * Settles what a static vMCP serves: discovery, auth, Secrets, sizes, names, and the variables of strategies. A backend that fails
 * at any of these is left out with a reason; the others do not notice. Pure; never throws.
 */
export function settle(facts: StaticFacts): Settled {
  const found = discover(facts.members, facts.group, facts);
  const ofAuth = authFacts(facts);
  const selfManaged = facts.virtualServer === undefined;
  const baseOnly = baseOnlyBackends(facts.base, facts.members, selfManaged, ofAuth.broken);
  const named = withoutOwnedNames(found.backends, ownedNames(facts));
  const authorised = resolveAll(named.backends, ofAuth);
  const supplied = withSecrets(authorised.backends, authorised.auth, facts.secrets);
  const fitting = withoutTooLarge(supplied.backends, authorised.auth);
  const distinct = settleClashes(fitting.backends, [...baseOnly.kept.keys()]);
  const clear = withoutOversized(distinct, facts.oversized);
  const defaultAuth = settleDefault(facts.base, facts.virtualServer?.defaultAuth, ofAuth);

  const kept = keptStrategies(facts, baseOnly, authorised.auth, clear.backends);
  const used: UsedStrategy[] = clear.backends.flatMap((backend) => {
    const choice = authorised.auth.get(backend);
    return choice?.kind === 'converted' ? [{ strategy: choice.strategy, required: choice.required }] : [];
  });
  if (defaultAuth.strategy) used.push({ strategy: defaultAuth.strategy, required: true });
  const { variables, nameOf } = chooseAuthVariables(used, reservedVariables(facts, defaultAuth));

  const strategies = [...kept];
  for (const backend of clear.backends) {
    const choice = authorised.auth.get(backend);
    if (choice?.kind === 'converted')
      strategies.push([backend.name, choice.strategy.render(nameOf(choice.strategy.config))]);
  }
  return {
    base: facts.base,
    backends: clear.backends,
    kept: baseOnly.kept,
    strategies: new YamlMap(strategies.sort(([a], [b]) => compare(a, b))),
    defaultStrategy: defaultNode(defaultAuth, nameOf),
    variables,
    leftOut: [
      ...found.leftOut,
      ...named.leftOut,
      ...authorised.leftOut,
      ...supplied.leftOut,
      ...fitting.leftOut,
      ...clear.leftOut,
      ...baseOnly.leftOut,
    ],
    notes: [...found.notes, ...defaultAuth.notes, ...choiceNotes(facts, clear.backends, authorised.auth)],
  };
}
