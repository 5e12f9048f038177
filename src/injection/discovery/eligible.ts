import type { Lookup, NamespaceView } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { judgeObject } from '../../rules/checks.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import type { RuleId } from '../../rules/index.ts';
import { excludesFromPods, notEnforcedText } from '../../rules/policy/enforcement.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { SecretLookups } from '../../rules/secrets/secrets.ts';
import { caBundleKey } from '../../toolhive/models/caBundleRef.ts';
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
export type EntryNote = Pick<Note, 'reason' | 'message'>;

/** Why an entry must not be served, or undefined and notes about it when it may. */
type Check = (entry: McpServerEntry, facts: EligibilityFacts, notes: EntryNote[]) => Refusal | undefined;

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

const byPhase: Check = ({ metadata, status }, _, notes) => {
  // Manifests have no status.
  if (status === undefined) return undefined;
  const { phase, observedGeneration: observed } = status;
  if (phase !== 'Valid') {
    const is = phase ? `"${phase}"` : 'not set';
    const message = `status.phase is ${is}; see its conditions with kubectl describe mcpserverentry ${metadata.name}`;
    return { reason: 'phase-not-valid', message };
  }
  const { generation } = metadata;
  if (generation !== undefined && observed !== undefined && observed < generation) {
    const message = `its phase is of generation ${observed}, its spec of generation ${generation}; the rules accept the spec`;
    notes.push({ reason: 'phase-outdated', message });
  }
  return undefined;
};

const byRules: Check = (entry, facts, notes) => {
  const { view, secrets, now, configMaps, accepted } = facts;
  const { kind, metadata, caBundle } = entry;
  if (metadata.name === accepted) return undefined;
  const policy = withExceptions(facts.policy, { kind, ...metadata }, now);
  const configMap = caBundle && configMaps.get(caBundle.name);
  const { denials, warnings } = judgeObject(entry, { view, configMap, secrets, now }, policy);
  for (const { rule, field, message, detail } of denials) {
    // An entry without a status counts as Valid only when no rule at all would deny it.
    if (entry.status !== undefined && CORRECTED_BY_INJECTION.has(rule)) continue;
    if (excludesFromPods(rule, policy)) return { reason: 'entry-denied', message: `${field}: ${message}` };
    notes.push({ reason: 'warn-only', message: notEnforcedText(rule, `${field}: ${detail}`) });
  }
  for (const { exception, field, detail } of warnings)
    if (exception) notes.push({ reason: 'exception-used', message: `${field}: ${detail}` });
  return undefined;
};

/**
 * ToolHive silently drops a backend when the ConfigMap of its CA bundle, or the key in `data`, is missing, and the vMCP
 * fails each call when no certificate can be read.
 */
const byCaBundle: Check = ({ caBundle }, { configMaps }, notes) => {
  if (!caBundle) return undefined;
  const { name } = caBundle;
  const key = caBundleKey(caBundle);
  const lookup = configMaps.get(name);
  const where = `ConfigMap "${name}"`;
  const missing = (message: string): Refusal => ({ reason: 'ca-config-map-missing', message });
  if (!isObjectName(name)) return missing('caBundleRef names no ConfigMap; set configMapRef.name');
  if (lookup === undefined || lookup.state === 'unavailable') {
    const message = `${where} could not be read (${lookup?.reason ?? 'not looked up'}); it is mounted without verification`;
    notes.push({ reason: 'ca-unverified', message });
    return undefined;
  }
  if (lookup.state === 'missing') return missing(`${where} with the CA bundle does not exist; create it`);
  const bundle = caBundleOf(lookup.value, key);
  if (bundle === undefined) {
    const message = lookup.value.binaryKeys.includes(key)
      ? `${where} has key "${key}" only in binaryData, where ToolHive does not look; move it to data`
      : `${where} has no key "${key}"; add it or correct configMapRef.key`;
    return { reason: 'ca-key-missing', message };
  }
  const message = `key "${key}" of ${where} holds no PEM certificate that can be read`;
  return bundle.certificates.length > 0 ? undefined : { reason: 'ca-not-pem', message };
};

/**
 * Whether an entry may be served: its phase is `Valid`, its present spec passes the rules whatever the phase says, and its
 * CA bundle can be used.
 */
export const entryRefusal: Check = (...given) =>
  byPhase(...given) ?? byRules(...given) ?? byCaBundle(...given);
