import { headerManifestEnv, normalise } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { hasHeaders } from '../headers/headerForward.ts';
import type { NamesInUse } from '../pod/variableNames.ts';
import type { LeftOut } from '../report/reasons.ts';
import type { Backend, MemberKind } from './backend.ts';

/**
 * The order in which backends of different kinds claim a name: that of ToolHive's own look-up in dynamic mode, so that a
 * vMCP means the same backend by a name in both modes.
 */
const KIND_ORDER: readonly MemberKind[] = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** How a message calls a backend of the base config. */
const KEPT = 'backend';

interface Named {
  readonly kind: string;
  readonly name: string;
}

/** Who has a variable: the first backend of that normalised name, and the one among them that forwards headers. */
interface Holder {
  readonly first: Named;
  readonly headers: Named | undefined;
}

function keptOf(holder: Holder | undefined): Named | undefined {
  return holder?.first.kind === KEPT ? holder.first : undefined;
}

function leave({ kind, name }: Backend, reason: LeftOut['reason'], message: string): LeftOut {
  return { kind, name, reason, message };
}

/** Why the vMCP would mix up the headers of a backend with what the owner set; undefined when it would not. */
function manifestConflict({ name, headers }: Backend, inUse: NamesInUse, kept: Named | undefined) {
  const variable = headerManifestEnv(name);
  const owner = kept ? ` for backend "${kept.name}" of the base config` : '';
  if (inUse.sets(variable))
    return `the vMCP would send it the headers of ${variable}, which the container already sets${owner}; rename it, or remove the variable`;
  if (kept && inUse.mayImport(variable))
    return `the vMCP would send it the headers of ${variable}, which an envFrom of the container may set${owner}; rename it, or give the envFrom a prefix`;
  if (hasHeaders(headers) && inUse.reads(variable))
    return `its forwarded headers would have to stand in ${variable}, which the base config or the container reads; rename it, or read another variable there`;
  return undefined;
}

/**
 * Settles what the vMCP cannot tell apart. The order is that of {@link KIND_ORDER}, then of names; the first one stays.
 * - Backends of one name: the registry of the vMCP is keyed by bare name.
 * - Backends whose names normalise alike, when one of them forwards headers: the vMCP finds the manifest of a backend's
 *   headers by its normalised name, so the other would send them, secrets included.
 * - A backend that would get the headers of a manifest which the owner set, or whose own manifest the owner reads.
 * @param kept names of backends that only the base config knows; they come before all others
 * @returns the backends that stay, sorted by name.
 */
export function settleClashes(
  candidates: readonly Backend[],
  kept: readonly string[],
  inUse: NamesInUse,
): {
  readonly backends: readonly Backend[];
  readonly leftOut: readonly LeftOut[];
} {
  const rank = ({ kind }: Backend) => KIND_ORDER.indexOf(kind);
  const ordered = candidates.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const byName = new Map<string, Backend>();
  const byVariable = new Map<string, Holder>();
  for (const name of kept)
    byVariable.set(normalise(name), { first: { kind: KEPT, name }, headers: undefined });
  const leftOut: LeftOut[] = [];
  for (const backend of ordered) {
    const twin = byName.get(backend.name);
    if (twin) {
      const message = `${twin.kind} "${twin.name}" of the same group has this name and comes first; rename one of the two`;
      leftOut.push(leave(backend, 'name-taken', message));
      continue;
    }
    const variable = normalise(backend.name);
    const holder = byVariable.get(variable);
    const conflict = manifestConflict(backend, inUse, keptOf(holder));
    if (conflict !== undefined) {
      leftOut.push(leave(backend, 'header-collision', conflict));
      continue;
    }
    const mixed = holder && (holder.headers ?? (hasHeaders(backend.headers) ? holder.first : undefined));
    if (mixed) {
      const message = `the vMCP would mix up its forwarded headers with those of ${mixed.kind} "${mixed.name}", as it reads both from TOOLHIVE_HEADER_FORWARD_${variable}; rename one of the two`;
      leftOut.push(leave(backend, 'header-collision', message));
      continue;
    }
    byName.set(backend.name, backend);
    if (!holder)
      byVariable.set(variable, {
        first: backend,
        headers: hasHeaders(backend.headers) ? backend : undefined,
      });
  }
  return { backends: [...byName.values()].sort((a, b) => compare(a.name, b.name)), leftOut };
}
