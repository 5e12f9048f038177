import type { Lookup, SecretFacts } from '../catalog/catalog.ts';
import { MAX_NAME } from '../kubernetes/bounds.ts';
import { isDataKey, isObjectName } from '../kubernetes/objectNames.ts';
import type { SecretKeyRef } from '../kubernetes/reference.ts';
import { invalid, notFound, required } from './finding.ts';
import type { Finding } from './verdict.ts';

/** The Secrets that a review may look into, by name; undefined unless reading Secrets was granted. */
export type SecretLookups = ReadonlyMap<string, Lookup<SecretFacts>> | undefined;

/** What a reference that Kubernetes refuses brings about, by who holds it: each is written into a Deployment. */
export const REFUSED_DEPLOYMENT = {
  entry: 'Kubernetes refuses the Deployment of every vMCP of the group with it',
  proxy: 'Kubernetes refuses the Deployment of this proxy with it',
  config: 'Kubernetes refuses the Deployment of every vMCP that uses this config with it',
} as const;

/** {@link REFUSED_DEPLOYMENT}: who holds the reference. */
export type RefHolder = keyof typeof REFUSED_DEPLOYMENT;

/**
 * Gap R3 at its worst: ToolHive copies the reference as it is into a required `secretKeyRef`, whatever the phase, and the
 * API server refuses that Deployment. Source: `validateSecretKeySelector` of Kubernetes' core validation.
 */
function malformed({ name, key }: SecretKeyRef, field: string, holder: RefHolder): Finding[] {
  const rule = 'secret-reference-invalid';
  const why = REFUSED_DEPLOYMENT[holder];
  const findings: Finding[] = [];
  if (name === '')
    findings.push(
      required({
        rule,
        field: `${field}.name`,
        detail: `the name of a Secret in the same namespace; ${why}`,
      }),
    );
  else if (!isObjectName(name))
    findings.push(
      invalid({
        rule,
        field: `${field}.name`,
        value: name,
        detail: `is no Secret name: at most ${MAX_NAME} lower-case letters, digits, "-" and "."; ${why}`,
      }),
    );
  if (key === '')
    findings.push(required({ rule, field: `${field}.key`, detail: `a key of the Secret; ${why}` }));
  else if (!isDataKey(key))
    findings.push(
      invalid({
        rule,
        field: `${field}.key`,
        value: key,
        detail: `is no Secret key: at most ${MAX_NAME} letters, digits, "-", "_" and ".", no ".." in front; ${why}`,
      }),
    );
  return findings;
}

/**
 * A reference to a key of a Secret: whether Kubernetes takes it, and, when the Secret was looked up, what is there (gaps
 * R8 and H3).
 */
export function checkSecretRef(
  ref: SecretKeyRef,
  field: string,
  secrets: SecretLookups,
  holder: RefHolder,
): Finding[] {
  if (!isObjectName(ref.name) || !isDataKey(ref.key)) return malformed(ref, field, holder);
  const lookup = secrets?.get(ref.name);
  if (lookup === undefined || lookup.state === 'unavailable') return [];
  const where = `Secret "${ref.name}"`;
  if (lookup.state === 'missing')
    return [
      notFound({
        rule: 'secret-not-found',
        field: `${field}.name`,
        value: ref.name,
        detail: `${where} does not exist yet; the backend's calls fail until it does`,
      }),
    ];
  const facts = Object.hasOwn(lookup.value.keys, ref.key) ? lookup.value.keys[ref.key] : undefined;
  const key = { field: `${field}.key`, value: ref.key };
  if (facts === undefined)
    return [
      notFound({
        ...key,
        rule: 'secret-not-found',
        detail: `${where} has no key "${ref.key}"; the backend's calls fail until it has`,
      }),
    ];
  if (facts.empty)
    return [
      invalid({
        ...key,
        rule: 'secret-value-unusable',
        detail: `key "${ref.key}" of ${where} is empty, which ToolHive takes for missing`,
      }),
    ];
  if (facts.headerSafe) return [];
  return [
    invalid({
      ...key,
      rule: 'secret-value-unusable',
      detail: `the value of key "${ref.key}" of ${where} has a line break or another control character, so every request with it fails; write it without (e.g. kubectl create secret … --from-literal)`,
    }),
  ];
}
