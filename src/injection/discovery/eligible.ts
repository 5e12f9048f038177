import type { Lookup, NamespaceView } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { judgeObject } from '../../rules/checks.ts';
import type { RuleId } from '../../rules/index.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { SecretLookups } from '../../rules/secrets.ts';
import type { McpServerEntry } from '../../toolhive/serverEntry.ts';
import type { LeaveReason, NoteReason } from '../report/reasons.ts';
import { caState } from '../volumes/caContent.ts';

/** What the gate asks about the surroundings of an entry, all read before. */
export interface GateFacts {
  readonly view: NamespaceView;
  readonly configMaps: ReadonlyMap<string, Lookup<ConfigMap>>;
  readonly secrets: SecretLookups;
  readonly policy: Policy;
  readonly now: Date;
}

/**
 * Rules about what ToolHive's operator makes out of an entry, which injection makes better: it gives volumes and
 * variables names of their own, and escapes values. A Pod that is here could be made in spite of them. What the vMCP
 * itself cannot tell apart is left out later, with a reason of its own.
 */
const MENDED_BY_INJECTION: ReadonlySet<RuleId> = new Set([
  'name-dotted-ca-bundle',
  'name-volume-collision',
  'header-env-collision',
  'header-value-expansion',
  'auth-env-collision',
  'auth-provider-missing',
]);

export type GateAnswer =
  | {
      readonly open: true;
      readonly notes: readonly { readonly reason: NoteReason; readonly message: string }[];
    }
  | { readonly open: false; readonly reason: LeaveReason; readonly message: string };

function outdated(entry: McpServerEntry): string | undefined {
  const { generation } = entry.metadata;
  const observed = entry.status?.observedGeneration;
  if (generation === undefined || observed === undefined || observed >= generation) return undefined;
  return `its phase is of generation ${observed}, the spec of generation ${generation}; our own rules accept the spec`;
}

/**
 * Whether an entry may be served: its phase is `Valid` (an entry without a status, as manifests have it, counts as
 * `Valid`), its present spec passes our own rules whatever the phase says (gap U14), and its CA bundle can be used.
 */
export function entryGate(entry: McpServerEntry, facts: GateFacts): GateAnswer {
  const phase = entry.status === undefined ? 'Valid' : entry.status.phase;
  if (phase !== 'Valid')
    return {
      open: false,
      reason: 'phase-not-valid',
      message: `status.phase is ${phase ? `"${phase}"` : 'not set'}; see its conditions with kubectl describe mcpserverentry ${entry.metadata.name}`,
    };
  const caBundle = entry.caBundle && facts.configMaps.get(entry.caBundle.name);
  const { view, secrets, now, policy } = facts;
  const { denials } = judgeObject(entry, { view, caBundle, secrets, now }, policy);
  // Without a status nobody has called the entry Valid: it only counts as that when nothing at all would be denied.
  const denial = denials.find(({ rule }) => entry.status === undefined || !MENDED_BY_INJECTION.has(rule));
  if (denial) return { open: false, reason: 'entry-denied', message: `${denial.field}: ${denial.message}` };
  const notes: { reason: NoteReason; message: string }[] = [];
  const stale = outdated(entry);
  if (stale) notes.push({ reason: 'phase-outdated', message: stale });
  const ca = entry.caBundle && caState(entry.caBundle, caBundle);
  if (ca?.state === 'unusable') return { open: false, reason: ca.reason, message: ca.message };
  if (ca?.state === 'unverified') notes.push({ reason: 'ca-unverified', message: ca.message });
  return { open: true, notes };
}
