import type { Lookup, NamespaceView } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { judgeObject } from '../../rules/checks.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import type { Finding } from '../../rules/findings/verdict.ts';
import type { RuleId } from '../../rules/index.ts';
import { excludesFromPods, notEnforcedText } from '../../rules/policy/enforcement.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { SecretLookups } from '../../rules/secrets/secrets.ts';
import { type CaBundleRef, caBundleKey } from '../../toolhive/models/caBundleRef.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import { caBundleOf } from '../../x509/caBundle.ts';
import type { ExclusionReason, NoteReason } from '../report/reasons.ts';

/** The facts beside the entry itself that decide whether it may be served, all read before. */
export interface EligibilityFacts {
  readonly view: NamespaceView;
  readonly configMaps: ReadonlyMap<string, Lookup<ConfigMap>>;
  readonly secrets: SecretLookups;
  readonly policy: Policy;
  readonly now: Date;
  /** The name of an entry that would not be denied, as has just been found out with these facts. */
  readonly accepted?: string | undefined;
}

export type Eligibility =
  | {
      readonly eligible: true;
      readonly notes: readonly { readonly reason: NoteReason; readonly message: string }[];
    }
  | { readonly eligible: false; readonly reason: ExclusionReason; readonly message: string };

/**
 * Rules about what ToolHive's operator makes of an entry and injection corrects: it chooses names for volumes and
 * variables, and escapes values. What the vMCP itself cannot tell apart is excluded later, as a conflict.
 */
const CORRECTED_BY_INJECTION: ReadonlySet<RuleId> = new Set([
  'name-dotted-ca-bundle',
  'name-volume-collision',
  'header-env-collision',
  'header-value-expansion',
  'auth-env-collision',
  'auth-provider-missing',
]);

function excluded(reason: ExclusionReason, message: string): Eligibility {
  return { eligible: false, reason, message };
}

function noted(reason: NoteReason, message: string): Eligibility {
  return { eligible: true, notes: [{ reason, message }] };
}

/** The note about a denial that the policy does not enforce. */
function notEnforced({ rule, field, detail }: Finding) {
  return { reason: 'warn-only', message: notEnforcedText(rule, `${field}: ${detail}`) } as const;
}

function exceptionUsed({ exception, field, detail }: Finding) {
  return exception ? [{ reason: 'exception-used', message: `${field}: ${detail}` } as const] : [];
}

const ELIGIBLE: Eligibility = { eligible: true, notes: [] };

function byPhase({ metadata, status }: McpServerEntry): Eligibility {
  // Manifests have no status.
  if (status === undefined) return ELIGIBLE;
  const { phase, observedGeneration: observed } = status;
  if (phase !== 'Valid')
    return excluded(
      'phase-not-valid',
      `status.phase is ${phase ? `"${phase}"` : 'not set'}; see its conditions with kubectl describe mcpserverentry ${metadata.name}`,
    );
  const { generation } = metadata;
  if (generation === undefined || observed === undefined || observed >= generation) return ELIGIBLE;
  return noted(
    'phase-outdated',
    `its phase is of generation ${observed}, its spec of generation ${generation}; the rules accept the spec`,
  );
}

function byRules(entry: McpServerEntry, facts: EligibilityFacts): Eligibility {
  const { view, secrets, now, configMaps, accepted } = facts;
  const { kind, metadata } = entry;
  if (metadata.name === accepted) return ELIGIBLE;
  const policy = withExceptions(facts.policy, { kind, ...metadata }, now);
  const caBundle = entry.caBundle && configMaps.get(entry.caBundle.name);
  const verdict = judgeObject(entry, { view, caBundle, secrets, now }, policy);
  // An entry without a status counts as Valid only when no rule at all would deny it.
  const denials = verdict.denials.filter(
    ({ rule }) => entry.status === undefined || !CORRECTED_BY_INJECTION.has(rule),
  );
  const denial = denials.find(({ rule }) => excludesFromPods(rule, policy));
  if (denial) return excluded('entry-denied', `${denial.field}: ${denial.message}`);
  const notes = [...denials.map(notEnforced), ...verdict.warnings.flatMap(exceptionUsed)];
  return notes.length === 0 ? ELIGIBLE : { eligible: true, notes };
}

/**
 * ToolHive silently drops a backend when the ConfigMap of its CA bundle, or the key in `data`, is missing, and the vMCP
 * fails each call when no certificate can be read.
 */
function byCaBundle(ref: CaBundleRef, lookup: Lookup<ConfigMap> | undefined): Eligibility {
  const key = caBundleKey(ref);
  const where = `ConfigMap "${ref.name}"`;
  if (!isObjectName(ref.name))
    return excluded('ca-config-map-missing', 'caBundleRef names no ConfigMap; set configMapRef.name');
  if (lookup === undefined || lookup.state === 'unavailable')
    return noted(
      'ca-unverified',
      `${where} could not be read (${lookup?.reason ?? 'not looked up'}); it is mounted without verification`,
    );
  if (lookup.state === 'missing')
    return excluded('ca-config-map-missing', `${where} with the CA bundle does not exist; create it`);
  const bundle = caBundleOf(lookup.value, key);
  if (bundle === undefined)
    return excluded(
      'ca-key-missing',
      lookup.value.binaryKeys.includes(key)
        ? `${where} has key "${key}" only in binaryData, where ToolHive does not look; move it to data`
        : `${where} has no key "${key}"; add it or correct configMapRef.key`,
    );
  if (bundle.certificates.length > 0) return ELIGIBLE;
  return excluded('ca-not-pem', `key "${key}" of ${where} holds no PEM certificate that can be read`);
}

/**
 * Whether an entry may be served: its phase is `Valid`, its present spec passes the rules whatever the phase says, and its
 * CA bundle can be used.
 */
export function entryEligibility(entry: McpServerEntry, facts: EligibilityFacts): Eligibility {
  const { caBundle } = entry;
  const notes: { reason: NoteReason; message: string }[] = [];
  for (const decide of [
    () => byPhase(entry),
    () => byRules(entry, facts),
    () => (caBundle ? byCaBundle(caBundle, facts.configMaps.get(caBundle.name)) : ELIGIBLE),
  ]) {
    const answer = decide();
    if (!answer.eligible) return answer;
    notes.push(...answer.notes);
  }
  return { eligible: true, notes };
}
