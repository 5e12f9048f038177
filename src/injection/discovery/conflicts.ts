import { headerManifestEnv, normalise } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { hasHeaders } from '../headers/headerForward.ts';
import type { NamesInUse } from '../pod/variableNames.ts';
import { type Exclusion, type Refusal, withoutRefused } from '../report/reasons.ts';
import type { Backend, MemberKind } from './backend.ts';

/**
 * The order in which backends of different kinds claim a name: that of ToolHive's own look-up in dynamic mode, so that a
 * vMCP means the same backend by a name in both modes.
 */
const KIND_ORDER: readonly MemberKind[] = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** How a message calls a backend of the base config. */
const OF_BASE = 'backend';

interface Named {
  readonly kind: string;
  readonly name: string;
}

/** The backends of one normalised name: the first, and the one among them that forwards headers. */
interface Alike {
  readonly first: Named;
  readonly headers: Named | undefined;
}

/** The names that the backends which stay have taken. */
interface Claims<B extends Backend> {
  readonly byName: Map<string, B>;
  /** By normalised name. */
  readonly alike: Map<string, Alike>;
}

/** The backend of the base config that comes first among those of like names. */
function ofBase(alike: Alike | undefined): Named | undefined {
  return alike?.first.kind === OF_BASE ? alike.first : undefined;
}

/** Why the vMCP would mix up the headers of a backend with what the owner set; undefined when it would not. */
function conflictWithOwner({ name, headers }: Backend, inUse: NamesInUse, kept: Named | undefined) {
  const variable = headerManifestEnv(name);
  const owner = kept ? ` for backend "${kept.name}" of the base config` : '';
  if (inUse.sets(variable))
    return `the vMCP would send it the headers of ${variable}, which the container already sets${owner}; rename it, or remove the variable`;
  if (kept && inUse.mayImport(variable))
    return `the vMCP would send it the headers of ${variable}, which an envFrom of the container may set${owner}; rename it, or give the envFrom a prefix`;
  if (hasHeaders(headers) && inUse.reads(variable))
    return `its forwarded headers need the variable ${variable}, which the base config or the container reads; rename it, or read another variable there`;
  return undefined;
}

/** Why the vMCP would mix up the headers of a backend with those of one before it; undefined when it would not. */
function conflictWithAlike({ name, headers }: Backend, alike: Alike | undefined) {
  const other = alike?.headers ?? (hasHeaders(headers) ? alike?.first : undefined);
  if (!other) return undefined;
  return `the vMCP would mix up its forwarded headers with those of ${other.kind} "${other.name}", as it reads both from ${headerManifestEnv(name)}; rename one of the two`;
}

function conflictOf<B extends Backend>(
  backend: B,
  { byName, alike }: Claims<B>,
  inUse: NamesInUse,
): Refusal | undefined {
  const same = byName.get(backend.name);
  if (same) {
    const message = `${same.kind} "${same.name}" of the same group has this name and comes first; rename one of the two`;
    return { reason: 'name-taken', message };
  }
  const others = alike.get(normalise(backend.name));
  const message = conflictWithOwner(backend, inUse, ofBase(others)) ?? conflictWithAlike(backend, others);
  return message === undefined ? undefined : { reason: 'header-collision', message };
}

/**
 * Excludes backends that the vMCP cannot tell apart from others. The order is that of {@link KIND_ORDER}, then of names;
 * the first one stays.
 * - Backends of one name: the registry of the vMCP is keyed by bare name.
 * - Backends whose names normalise alike, when one of them forwards headers: the vMCP finds the manifest of a backend's
 *   headers by its normalised name, so the other would send them, secrets included.
 * - A backend that would get the headers of a manifest which the owner set, or whose own manifest the owner reads.
 * @param ownersBackends names of backends of the base config, which come before all others
 * @returns the backends that stay, sorted by name
 */
export function withoutConflicts<B extends Backend>(
  candidates: readonly B[],
  ownersBackends: Iterable<string>,
  inUse: NamesInUse,
): { readonly backends: readonly B[]; readonly excluded: readonly Exclusion[] } {
  const rank = ({ kind }: Backend) => KIND_ORDER.indexOf(kind);
  const claims: Claims<B> = { byName: new Map(), alike: new Map() };
  for (const name of ownersBackends)
    claims.alike.set(normalise(name), { first: { kind: OF_BASE, name }, headers: undefined });
  const ranked = candidates.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const { backends, excluded } = withoutRefused(ranked, (backend) => {
    const conflict = conflictOf(backend, claims, inUse);
    if (conflict) return conflict;
    const { name, headers } = backend;
    const key = normalise(name);
    claims.byName.set(name, backend);
    if (!claims.alike.has(key))
      claims.alike.set(key, { first: backend, headers: hasHeaders(headers) ? backend : undefined });
    return backend;
  });
  return { backends: backends.toSorted((a, b) => compare(a.name, b.name)), excluded };
}
