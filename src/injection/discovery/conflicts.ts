import { normalise } from '../../toolhive/names.ts';
import { compare } from '../contract.ts';
import { hasHeaders } from '../headers/headerForward.ts';
import type { LeftOut } from '../report/reasons.ts';
import { type Backend, KIND_ORDER } from './backend.ts';

interface Named {
  readonly kind: string;
  readonly name: string;
}

/** Who has a variable: the first backend of that normalised name, and the one among them that forwards headers. */
interface Holder {
  readonly first: Named;
  readonly headers: Named | undefined;
}

function leave({ kind, name }: Backend, reason: LeftOut['reason'], message: string): LeftOut {
  return { kind, name, reason, message };
}

/**
 * Settles what the vMCP cannot tell apart. The order is that of {@link KIND_ORDER}, then of names; the first one stays.
 * - Backends of one name (gap N3): the registry of the vMCP is keyed by bare name.
 * - Backends whose names normalise alike (gaps N5, N7), when one of them forwards headers: the vMCP finds the manifest
 *   of a backend's headers by its normalised name, so the other would send them, secrets included.
 * @param kept names of backends that only the base config knows; they come before all others
 * @returns the backends that stay, sorted by name.
 */
export function settleClashes(
  candidates: readonly Backend[],
  kept: readonly string[],
): {
  readonly backends: readonly Backend[];
  readonly leftOut: readonly LeftOut[];
} {
  const rank = ({ kind }: Backend) => KIND_ORDER.indexOf(kind);
  const ordered = candidates.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const byName = new Map<string, Backend>();
  const byVariable = new Map<string, Holder>();
  for (const name of kept)
    byVariable.set(normalise(name), { first: { kind: 'backend', name }, headers: undefined });
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
      byVariable.set(variable, {
        first: backend,
        headers: hasHeaders(backend.headers) ? backend : undefined,
      });
  }
  return { backends: [...byName.values()].sort((a, b) => compare(a.name, b.name)), leftOut };
}
