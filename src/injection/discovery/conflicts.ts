import { headerManifestEnv, normalise } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { type ForwardedHeaders, hasHeaders } from '../headers/headerForward.ts';
import type { NamesInUse } from '../pod/variableNames.ts';
import { BACKEND_KINDS, type Exclusion, type Refusal, withoutRefused } from '../report/reasons.ts';
import type { Backend } from './backend.ts';

/** How a message calls a backend of the base config. */
const OF_BASE = 'backend';

/** A backend that has taken its name. */
interface Claim {
  readonly kind: string;
  readonly name: string;
  readonly headers?: ForwardedHeaders;
}

/** Why the vMCP would mix up the headers of a backend with what the owner set; undefined when it would not. */
function conflictWithOwner({ name, headers }: Backend, inUse: NamesInUse, kept: Claim | undefined) {
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

/** Why a backend conflicts with what the owner set, or with the backends before it whose names normalise alike. */
function conflictOf(backend: Backend, alike: readonly Claim[], inUse: NamesInUse): Refusal | undefined {
  const { name, headers } = backend;
  const same = alike.find((claim) => claim.name === name && claim.kind !== OF_BASE);
  if (same)
    return {
      reason: 'name-taken',
      message: `${same.kind} "${name}" of the same group has this name and comes first; rename one of the two`,
    };
  const ofOwner = conflictWithOwner(
    backend,
    inUse,
    alike.find(({ kind }) => kind === OF_BASE),
  );
  if (ofOwner) return { reason: 'header-collision', message: ofOwner };
  const other =
    alike.find((claim) => claim.headers && hasHeaders(claim.headers)) ??
    (hasHeaders(headers) ? alike[0] : undefined);
  if (!other) return undefined;
  return {
    reason: 'header-collision',
    message: `the vMCP would mix up its forwarded headers with those of ${other.kind} "${other.name}", as it reads both from ${headerManifestEnv(name)}; rename one of the two`,
  };
}

/**
 * Excludes backends that the vMCP cannot tell apart from others. The order is that of {@link BACKEND_KINDS}, then of names;
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
  const rank = ({ kind }: Backend) => BACKEND_KINDS.indexOf(kind);
  /** By normalised name. */
  const claims = new Map<string, Claim[]>();
  for (const name of ownersBackends) claims.set(normalise(name), [{ kind: OF_BASE, name }]);
  const ranked = candidates.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const { backends, excluded } = withoutRefused(ranked, (backend) => {
    const key = normalise(backend.name);
    const alike = claims.get(key) ?? [];
    const conflict = conflictOf(backend, alike, inUse);
    if (!conflict) claims.set(key, [...alike, backend]);
    return conflict ?? backend;
  });
  return { backends: backends.toSorted((a, b) => compare(a.name, b.name)), excluded };
}
