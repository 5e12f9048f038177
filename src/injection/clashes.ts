import { normalise } from '../toolhive/names.ts';
import { type Backend, KIND_ORDER } from './backend.ts';
import { hasHeaders } from './headers.ts';
import { compare } from './names.ts';
import type { LeftOut } from './reasons.ts';

function leave({ kind, name }: Backend, reason: LeftOut['reason'], message: string): LeftOut {
  return { kind, name, reason, message };
}

/**
 * Settles what the vMCP cannot tell apart. The order is that of {@link KIND_ORDER}, then of names; the first one stays.
 * - Backends of one name (gap N3): the registry of the vMCP is keyed by bare name.
 * - Backends whose names normalise alike (gaps N5, N7), when one of them forwards headers: the vMCP finds the manifest
 *   of a backend's headers by its normalised name, so the other would send them, secrets included.
 * @returns the backends that stay, sorted by name.
 */
export function settleClashes(candidates: readonly Backend[]): {
  readonly backends: readonly Backend[];
  readonly leftOut: readonly LeftOut[];
} {
  const rank = ({ kind }: Backend) => KIND_ORDER.indexOf(kind);
  const ordered = candidates.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const byName = new Map<string, Backend>();
  const byVariable = new Map<string, { readonly first: Backend; headers: Backend | undefined }>();
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
    const mixed = holder && (holder.headers ?? (hasHeaders(backend.headers) ? holder.first : undefined));
    if (mixed) {
      const message = `the vMCP would mix up its forwarded headers with those of ${mixed.kind} "${mixed.name}", as it reads both from TOOLHIVE_HEADER_FORWARD_${variable}; rename one of the two`;
      leftOut.push(leave(backend, 'header-collision', message));
      continue;
    }
    byName.set(backend.name, backend);
    if (!holder)
      byVariable.set(variable, { first: backend, headers: hasHeaders(backend.headers) ? backend : undefined });
  }
  return { backends: [...byName.values()].sort((a, b) => compare(a.name, b.name)), leftOut };
}
