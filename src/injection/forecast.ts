import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { NOTHING_OWNED } from './config/ownersPart.ts';
import type { Backend } from './discovery/backend.ts';
import { withoutConflicts } from './discovery/conflicts.ts';
import type { Discovery } from './discovery/discover.ts';
import type { EligibilityFacts } from './discovery/eligible.ts';
import type { NamesInUse } from './pod/variableNames.ts';
import type { Exclusion } from './report/reasons.ts';
import { candidatesOf } from './resolve.ts';

/** What becomes of members of a group in one vMCP. */
export interface Outlook {
  /** Sorted by name. */
  readonly backends: readonly Backend[];
  readonly excluded: readonly Exclusion[];
}

/** The operator makes the Pod, so nothing in it is its owner's. */
const NO_NAMES: NamesInUse = {
  sets: () => false,
  reads: () => false,
  mayImport: () => false,
  fixed: new Map(),
};

/**
 * The backends that the next Pod of a vMCP would serve of these members, and which not: resolved as for a Pod, as far as
 * that depends on no Pod and its base config. Pure; never throws.
 */
export function forecast(
  virtualServer: VirtualMcpServer,
  found: Discovery,
  facts: EligibilityFacts,
): Outlook {
  const { authServer } = virtualServer;
  const candidates = candidatesOf(found, { ...facts, ...NOTHING_OWNED, authServer, virtualServer });
  const { backends, excluded } = withoutConflicts(candidates.backends, [], NO_NAMES);
  return { backends, excluded: [...candidates.excluded, ...excluded] };
}
