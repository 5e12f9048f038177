import { headerManifestEnv, normalise } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { hasHeaders, NO_HEADERS } from '../headers/headerForward.ts';
import type { NamesInUse } from '../pod/variableNames.ts';
import { byClaim, type Refusal, type Selection, select } from '../report/reasons.ts';
import type { Backend } from './backend.ts';

/** How a message calls a backend of the base config. */
const OF_BASE = 'backend';

/** A backend that has taken its name. */
type Claim = Pick<Backend, 'name' | 'headers'> & { readonly kind: string };

/**
 * Why the vMCP would mix up the headers of a backend with what the owner set, or with those of another backend.
 * @param first the first backend whose name normalises alike
 */
function collision({ name, headers }: Backend, first: Claim | undefined, inUse: NamesInUse) {
  const variable = headerManifestEnv(name);
  const kept = first?.kind === OF_BASE;
  const owner = kept ? ` for backend "${first.name}" of the base config` : '';
  if (inUse.sets(variable))
    return `the vMCP would send it the headers of ${variable}, which the container or its Pod template already sets${owner}; rename it, or remove the variable`;
  if (kept && inUse.mayImport(variable))
    return `the vMCP would send it the headers of ${variable}, which an envFrom of the container may set${owner}; rename it, or give the envFrom a prefix`;
  if ((hasHeaders(headers) || inUse.mayImport(variable)) && inUse.reads(variable))
    return `the variable of its forwarded headers is ${variable}, which the base config or the container reads; rename it, or read another variable there`;
  if (!first || !(hasHeaders(headers) || hasHeaders(first.headers))) return undefined;
  return `the vMCP would mix up its forwarded headers with those of ${first.kind} "${first.name}", as it reads both from ${variable}; rename one of the two`;
}

/**
 * Excludes backends that the vMCP cannot tell apart from others. The first one stays in the order of {@link byClaim}.
 * - Backends of one name: the registry of the vMCP is keyed by bare name.
 * - Backends whose names normalise alike, when one of them forwards headers: the vMCP finds the manifest of a backend's
 *   headers by its normalised name, so the other would send them, secrets included.
 * - A backend that would get the headers of a manifest which the owner set, or whose own manifest the owner reads.
 * @param ownersBackends names of backends of the base config, which come before all others
 * @returns the backends that stay, sorted by name
 */
export function withoutConflicts<B extends Backend>(
  candidates: Selection<B>,
  ownersBackends: Iterable<string>,
  inUse: NamesInUse,
): Selection<B> {
  const byName = new Map<string, B>();
  const byNormalised = new Map<string, Claim>();
  for (const name of ownersBackends)
    byNormalised.set(normalise(name), { kind: OF_BASE, name, headers: NO_HEADERS });
  const ranked = { ...candidates, backends: candidates.backends.toSorted(byClaim) };
  const distinct = select(ranked, (backend): B | Refusal => {
    const { name } = backend;
    const same = byName.get(name);
    if (same) {
      const message = `${same.kind} "${name}" of the same group has this name and comes first; rename one of the two`;
      return { reason: 'name-taken', message };
    }
    const first = byNormalised.get(normalise(name));
    const message = collision(backend, first, inUse);
    if (message !== undefined) return { reason: 'header-collision', message };
    byName.set(name, backend);
    if (!first) byNormalised.set(normalise(name), backend);
    return backend;
  });
  return { ...distinct, backends: distinct.backends.toSorted((a, b) => compare(a.name, b.name)) };
}
