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
import type { Note, Refusal } from '../report/reasons.ts';

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

/** What is to be said about an entry that may be served. */
type EntryNote = Pick<Note, 'reason' | 'message'>;

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

/** The note about a denial that the policy does not enforce. */
function notEnforced({ rule, field, detail }: Finding): EntryNote {
  return { reason: 'warn-only', message: notEnforcedText(rule, `${field}: ${detail}`) };
}

function exceptionUsed({ exception, field, detail }: Finding): EntryNote[] {
  return exception ? [{ reason: 'exception-used', message: `${field}: ${detail}` }] : [];
}

function byPhase({ metadata, status }: McpServerEntry): EntryNote[] | Refusal {
  // Manifests have no status.
  if (status === undefined) return [];
  const { phase, observedGeneration: observed } = status;
  if (phase !== 'Valid')
    return {
      reason: 'phase-not-valid',
      message: `status.phase is ${phase ? `"${phase}"` : 'not set'}; see its conditions with kubectl describe mcpserverentry ${metadata.name}`,
    };
  const { generation } = metadata;
  if (generation === undefined || observed === undefined || observed >= generation) return [];
  const message = `its phase is of generation ${observed}, its spec of generation ${generation}; the rules accept the spec`;
  return [{ reason: 'phase-outdated', message }];
}

function byRules(entry: McpServerEntry, facts: EligibilityFacts): EntryNote[] | Refusal {
  const { view, secrets, now, configMaps, accepted } = facts;
  const { kind, metadata } = entry;
  if (metadata.name === accepted) return [];
  const policy = withExceptions(facts.policy, { kind, ...metadata }, now);
  const configMap = entry.caBundle && configMaps.get(entry.caBundle.name);
  const verdict = judgeObject(entry, { view, configMap, secrets, now }, policy);
  // An entry without a status counts as Valid only when no rule at all would deny it.
  const denials = verdict.denials.filter(
    ({ rule }) => entry.status === undefined || !CORRECTED_BY_INJECTION.has(rule),
  );
  const denial = denials.find(({ rule }) => excludesFromPods(rule, policy));
  if (denial) return { reason: 'entry-denied', message: `${denial.field}: ${denial.message}` };
  return [...denials.map(notEnforced), ...verdict.warnings.flatMap(exceptionUsed)];
}

/**
 * ToolHive silently drops a backend when the ConfigMap of its CA bundle, or the key in `data`, is missing, and the vMCP
 * fails each call when no certificate can be read.
 */
function byCaBundle(ref: CaBundleRef, lookup: Lookup<ConfigMap> | undefined): EntryNote[] | Refusal {
  const key = caBundleKey(ref);
  const where = `ConfigMap "${ref.name}"`;
  const missing = (message: string): Refusal => ({ reason: 'ca-config-map-missing', message });
  if (!isObjectName(ref.name)) return missing('caBundleRef names no ConfigMap; set configMapRef.name');
  if (lookup === undefined || lookup.state === 'unavailable') {
    const message = `${where} could not be read (${lookup?.reason ?? 'not looked up'}); it is mounted without verification`;
    return [{ reason: 'ca-unverified', message }];
  }
  if (lookup.state === 'missing') return missing(`${where} with the CA bundle does not exist; create it`);
  const bundle = caBundleOf(lookup.value, key);
  if (bundle === undefined) {
    const message = lookup.value.binaryKeys.includes(key)
      ? `${where} has key "${key}" only in binaryData, where ToolHive does not look; move it to data`
      : `${where} has no key "${key}"; add it or correct configMapRef.key`;
    return { reason: 'ca-key-missing', message };
  }
  if (bundle.certificates.length > 0) return [];
  return {
    reason: 'ca-not-pem',
    message: `key "${key}" of ${where} holds no PEM certificate that can be read`,
  };
}

/**
 * Why an entry must not be served, or notes about it when it may: its phase is `Valid`, its present spec passes the rules
 * whatever the phase says, and its CA bundle can be used.
 */
export function entryEligibility(entry: McpServerEntry, facts: EligibilityFacts): EntryNote[] | Refusal {
  const { caBundle } = entry;
  const ofPhase = byPhase(entry);
  if ('reason' in ofPhase) return ofPhase;
  const ofRules = byRules(entry, facts);
  if ('reason' in ofRules) return ofRules;
  const ofBundle = caBundle ? byCaBundle(caBundle, facts.configMaps.get(caBundle.name)) : [];
  return 'reason' in ofBundle ? ofBundle : [...ofPhase, ...ofRules, ...ofBundle];
}
