import type { GroupMembers } from '../catalog/catalog.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { strategyProblems } from '../toolhive/vmcpConfig/strategies.ts';
import { toData, YamlMap } from '../yaml/values.ts';
import { type AuthServer, authServerNotes, strategyFailure } from './auth/authServer.ts';
import { type AuthFailure, renderStrategy } from './auth/converters.ts';
import { withoutGuarded } from './auth/guarded.ts';
import {
  type AuthFacts,
  type DefaultAuth,
  defaultNode,
  resolveAll,
  resolveDefault,
} from './auth/resolver.ts';
import {
  type AuthVariable,
  chooseAuthVariables,
  defaultSecretNotes,
  type UsedStrategy,
  withSecrets,
} from './auth/secrets.ts';
import { withoutTooLarge } from './backendSize.ts';
import type { BaseConfig } from './config/baseConfig.ts';
import { type Served, watchesGroup } from './config/contents.ts';
import {
  choiceNotes,
  type OwnersPart,
  operatorsPart,
  ownedNames,
  ownersPart,
  withoutOwnedNames,
} from './config/ownersPart.ts';
import { readByOperator, readByOwner } from './config/readVariables.ts';
import { compare } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { withoutConflicts } from './discovery/conflicts.ts';
import { discover } from './discovery/discover.ts';
import type { EligibilityFacts } from './discovery/eligible.ts';
import { headerVariables } from './headers/headerForward.ts';
import type { WantedVariables } from './pod/editor.ts';
import type { OwnerEnv } from './pod/ownerEnv.ts';
import type { NamesInUse } from './pod/variableNames.ts';
import type { Oversized } from './podSize.ts';
import { type Exclusion, type Note, podNote } from './report/reasons.ts';

/** Everything that a static vMCP's config is made from, all read before. */
export interface StaticFacts extends EligibilityFacts {
  readonly group: string;
  readonly members: GroupMembers;
  /** Undefined for a self-managed Pod. */
  readonly virtualServer: VirtualMcpServer | undefined;
  readonly base: BaseConfig;
  /** The auth server of the vMCP; undefined when it has none. */
  readonly authServer: AuthServer | undefined;
  /** The variables that the owner of the vMCP sets and reads in its container. */
  readonly owner: OwnerEnv;
  /** Backends that are excluded so that the Pod is small enough to be stored. */
  readonly oversized: Oversized;
}

/** The backends that are served, with their auth and variables, before they are written into the config. */
export interface ResolvedConfig extends Served {
  readonly variables: readonly AuthVariable[];
  readonly headers: WantedVariables;
  /** Variables that what stays of the base config reads. */
  readonly baseReads: ReadonlySet<string>;
  readonly excluded: readonly Exclusion[];
  readonly notes: readonly Note[];
}

interface Discovered {
  readonly backends: readonly Backend[];
  readonly excluded: readonly Exclusion[];
}

/** Why a strategy of a self-managed base config cannot stay. */
function strategyFault(
  { owner, authServer }: StaticFacts,
  name: string,
  strategy: YamlMap,
): AuthFailure | undefined {
  const data = toData(strategy);
  const [problem] = strategyProblems(data, name, owner.has);
  if (!problem) return strategyFailure(`the strategy of "${name}"`, data, authServer);
  return { reason: 'auth-config-incomplete', message: `${problem.path} ${problem.message}` };
}

/** The names that no member of the group may have. */
export function namesOfOwner({
  virtualServer,
  base,
}: Pick<StaticFacts, 'virtualServer' | 'base'>): ReadonlySet<string> {
  return virtualServer ? new Set() : ownedNames(base);
}

function partOfOwner(facts: StaticFacts): OwnersPart {
  const { base, members, virtualServer } = facts;
  if (virtualServer) return operatorsPart(base, members);
  return ownersPart(base, (name, strategy) => strategyFault(facts, name, strategy));
}

function sourceNotes({ base }: StaticFacts): readonly Note[] {
  if (!watchesGroup(base)) return [];
  const message =
    'outgoingAuth.source is discovered, with which the vMCP would watch the group itself and add what is excluded here; the merged config has inline';
  return [podNote('source-replaced', message)];
}

function authFacts(
  { virtualServer, authServer, view, policy, now }: StaticFacts,
  { choices, broken }: OwnersPart,
): AuthFacts {
  return {
    authConfig: (name) => view.authConfig(name),
    authServer,
    policy,
    now,
    explicit: virtualServer?.backendAuth ?? {},
    kept: choices,
    broken,
  };
}

/** The variables that the vMCP uses already, beside those of the members. */
function namesInUse(
  { owner }: StaticFacts,
  baseReads: ReadonlySet<string>,
  { strategy }: DefaultAuth,
): NamesInUse {
  return {
    sets: owner.sets,
    reads: (name) => owner.reads(name) || baseReads.has(name),
    mayImport: owner.mayImport,
    fixed: new Map(strategy?.secrets.map(({ env }) => [env, strategy.config])),
  };
}

function withoutOversized({ backends, excluded }: Discovered, oversized: Oversized): Discovered {
  if (oversized.size === 0) return { backends, excluded };
  const stored = backends.filter(({ name }) => !oversized.has(name));
  return { backends: stored, excluded: [...excluded, ...oversized.values()] };
}

/** Members that can be served, each by itself, and how they are called. */
interface Candidates {
  readonly backends: readonly Backend[];
  readonly auth: ReturnType<typeof resolveAll>['auth'];
  readonly excluded: readonly Exclusion[];
  readonly notes: readonly Note[];
}

/**
 * Excludes backends whose auth or Secrets fail, whose Secrets the policy guards, or that are too large. Which of the others
 * conflict is decided next.
 * @param defaultConfig the auth config of the backends that have none of their own
 */
export function candidatesOf(
  backends: readonly Backend[],
  auth: AuthFacts,
  defaultConfig: string | undefined,
  facts: EligibilityFacts,
): Candidates {
  const authorised = resolveAll(backends, auth);
  const guarded = withoutGuarded(authorised.backends, authorised.auth, defaultConfig, facts);
  const supplied = withSecrets(guarded.backends, authorised.auth, facts.secrets);
  const fitting = withoutTooLarge(supplied.backends, authorised.auth);
  return {
    backends: fitting.backends,
    auth: authorised.auth,
    excluded: [authorised, guarded, supplied, fitting].flatMap(({ excluded }) => excluded),
    notes: guarded.notes,
  };
}

/**
 * Resolves which backends a static vMCP serves and how: discovery, auth, Secrets, sizes, conflicts, and the names of
 * variables. A backend that fails at one of these is excluded with a reason, and the others are served. Pure; never throws.
 */
export function resolve(facts: StaticFacts): ResolvedConfig {
  const found = discover(facts.members, facts.group, facts);
  const own = partOfOwner(facts);
  const ofAuth = authFacts(facts, own);
  const named = withoutOwnedNames(found.backends, namesOfOwner(facts));
  const defaultAuth = resolveDefault(facts.base.defaultStrategy, facts.virtualServer?.defaultAuth, ofAuth);
  const candidates = candidatesOf(
    named.backends,
    ofAuth,
    facts.virtualServer?.defaultAuth?.authConfig,
    facts,
  );
  const { base, virtualServer } = facts;
  const baseReads = virtualServer
    ? readByOperator(base, defaultAuth.replacement === undefined)
    : readByOwner(base);
  const inUse = namesInUse(facts, baseReads, defaultAuth);
  const distinct = withoutConflicts(candidates.backends, own.backends.keys(), inUse);
  const clear = withoutOversized(distinct, facts.oversized);

  const used: UsedStrategy[] = clear.backends.flatMap((backend) => {
    const choice = candidates.auth.get(backend);
    return choice?.kind === 'converted' ? [{ strategy: choice.strategy, required: choice.required }] : [];
  });
  if (defaultAuth.strategy) used.push({ strategy: defaultAuth.strategy, required: true });
  const { variables, nameOf } = chooseAuthVariables(used, inUse);

  const strategies = [...own.strategies];
  for (const backend of clear.backends) {
    const choice = candidates.auth.get(backend);
    if (choice?.kind === 'kept') strategies.push([backend.name, choice.strategy]);
    if (choice?.kind === 'converted')
      strategies.push([backend.name, renderStrategy(choice.strategy, nameOf)]);
  }
  return {
    base: facts.base,
    backends: clear.backends,
    kept: own.backends,
    strategies: new YamlMap(strategies.sort(([a], [b]) => compare(a, b))),
    defaultStrategy: defaultNode(defaultAuth, nameOf),
    variables,
    headers: headerVariables(clear.backends, inUse),
    baseReads,
    excluded: [found, named, candidates, clear, own].flatMap(({ excluded }) => excluded),
    notes: [
      ...found.notes,
      ...candidates.notes,
      ...defaultAuth.notes,
      ...defaultSecretNotes(defaultAuth.strategy, facts.secrets),
      ...authServerNotes(facts.authServer),
      ...sourceNotes(facts),
      ...choiceNotes(clear.backends, own),
    ],
  };
}
