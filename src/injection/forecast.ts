import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
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
const NONE = new Map<string, never>();

/**
 * The backends that the next Pod of a vMCP would serve of these members, and which not: resolved as for a Pod, as far as
 * that depends on no Pod and its base config. Pure; never throws.
 */
export function forecast(
  { authServer, backendAuth, defaultAuth }: VirtualMcpServer,
  found: Discovery,
  facts: EligibilityFacts,
): Outlook {
  const { view, policy, now } = facts;
  const auth = {
    authConfig: (name: string) => view.authConfig(name),
    authServer,
    policy,
    now,
    explicit: backendAuth,
    kept: NONE,
    broken: NONE,
  };
  const candidates = candidatesOf(found.backends, auth, defaultAuth?.authConfig, facts);
  const { backends, excluded } = withoutConflicts(candidates.backends, [], NO_NAMES);
  return { backends, excluded: [...found.excluded, ...candidates.excluded, ...excluded] };
}
