import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { YamlMap } from '../yaml/values.ts';
import { authServerNotes } from './auth/authServer.ts';
import { withVariables } from './auth/converters.ts';
import { guardRefusal } from './auth/guarded.ts';
import { type AuthFacts, type Candidate, resolveAuth, resolveDefault } from './auth/resolver.ts';
import { chooseAuthVariables, secretRefusal } from './auth/secrets.ts';
import { sizeRefusal } from './backendSize.ts';
import { type Served, watchesGroup } from './config/contents.ts';
import {
  choiceNotes,
  NOTHING_OWNED,
  type OwnerFacts,
  ownedNameRefusal,
  partOfOwner,
  variablesReadBy,
} from './config/ownersPart.ts';
import { compare } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { withoutConflicts } from './discovery/conflicts.ts';
import { discover } from './discovery/discover.ts';
import type { EligibilityFacts } from './discovery/eligible.ts';
import { headerVariables } from './headers/headerForward.ts';
import type { WantedVariables } from './pod/editor.ts';
import { type NamesInUse, NO_NAMES } from './pod/variableNames.ts';
import type { Oversized } from './podSize.ts';
import { type Note, podNote, type Selection, select } from './report/reasons.ts';

/** Everything that a static vMCP's config is made from, all read before. */
export interface StaticFacts extends EligibilityFacts, OwnerFacts {
  readonly group: string;
  /** Backends that are excluded so that the Pod is small enough to be stored. */
  readonly oversized: Oversized;
}

/** The backends that are served, with their auth and variables, before they are written into the config. */
export interface ResolvedConfig extends Served, Selection<Backend> {
  /** The variables of auth and headers. */
  readonly variables: WantedVariables;
  /** Variables that what stays of the base config reads. */
  readonly baseReads: ReadonlySet<string>;
}

/**
 * Excludes backends whose name is taken, whose auth or Secrets fail, whose Secrets the policy guards, or that are too large.
 * Which of the others conflict is decided next.
 */
function candidatesOf(found: Selection<Backend>, facts: AuthFacts): Selection<Candidate> {
  return select(found, (backend, notes) => {
    const auth = ownedNameRefusal(backend, facts.names) ?? resolveAuth(backend, facts);
    if ('reason' in auth) return auth;
    const candidate = { ...backend, auth };
    return (
      guardRefusal(candidate, facts, notes) ??
      secretRefusal(candidate, facts.secrets) ??
      sizeRefusal(candidate) ??
      candidate
    );
  });
}

function sourceNotes({ base }: StaticFacts): readonly Note[] {
  if (!watchesGroup(base)) return [];
  const message =
    'outgoingAuth.source is discovered, with which the vMCP would watch the group itself and add what is excluded here; the merged config has inline';
  return [podNote('source-replaced', message)];
}

/**
 * Resolves which backends a static vMCP serves and how: discovery, auth, Secrets, sizes, conflicts, and the names of
 * variables. A backend that fails at one of these is excluded with a reason, and the others are served. Pure; never throws.
 */
export function resolve(facts: StaticFacts): ResolvedConfig {
  const { base, members, group, authServer, oversized, owner } = facts;
  const own = partOfOwner(facts);
  const ofAuth = { ...facts, ...own };
  const candidates = candidatesOf(discover(members, group, facts), ofAuth);
  const defaultAuth = resolveDefault(base.defaultStrategy, ofAuth);
  const baseReads = variablesReadBy(facts, defaultAuth.replacement === undefined);
  // The owner may set a variable in place of the operator's.
  const ofDefault = defaultAuth.secrets.filter(({ name }) => !owner.sets(name));
  const inUse: NamesInUse = {
    ...owner,
    reads: (name) => owner.reads(name) || baseReads.has(name),
    fixed: new Map(ofDefault.map(({ name, purpose }) => [name, purpose])),
  };
  const distinct = withoutConflicts(candidates, own.backends.keys(), inUse);
  const { backends, excluded, notes } = select(distinct, (backend) => oversized.get(backend.name) ?? backend);

  const required = defaultAuth.replacement?.secrets ?? ofDefault;
  const used = [...backends.flatMap(({ auth }) => auth.secrets), ...required];
  const { variables, nameOf } = chooseAuthVariables(used, inUse);
  const strategies = backends.map(({ name, auth }) => [name, withVariables(auth, nameOf)] as const);
  return {
    base,
    backends,
    kept: own.backends,
    strategies: new YamlMap([...own.strategies, ...strategies].sort(([a], [b]) => compare(a, b))),
    defaultStrategy: defaultAuth.replacement && withVariables(defaultAuth.replacement, nameOf),
    variables: new Map([...variables, ...headerVariables(backends, inUse)]),
    baseReads,
    excluded: [...excluded, ...own.excluded],
    notes: [
      ...notes,
      ...defaultAuth.notes,
      ...authServerNotes(authServer),
      ...sourceNotes(facts),
      ...choiceNotes(backends, own),
    ],
  };
}

/** What becomes of members of a group in one vMCP; the backends are sorted by name. */
export type Outlook = Omit<Selection<Backend>, 'notes'>;

/**
 * The backends that the next Pod of a vMCP would serve of these members, and which not: resolved as for a Pod, as far as
 * that depends on no Pod and its base config. Pure; never throws.
 */
export function forecast(
  virtualServer: VirtualMcpServer,
  found: Selection<Backend>,
  facts: EligibilityFacts,
): Outlook {
  const { authServer } = virtualServer;
  const candidates = candidatesOf(found, { ...facts, ...NOTHING_OWNED, authServer, virtualServer });
  const template = new Set(virtualServer.templateVariables);
  return withoutConflicts(candidates, [], { ...NO_NAMES, sets: (name) => template.has(name) });
}
