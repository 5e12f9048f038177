import type { Lookup, SecretFacts } from '../catalog/catalog.ts';
import type { SecretKeyRef } from '../toolhive/reference.ts';
import { invalid, notFound } from './finding.ts';
import type { Finding } from './verdict.ts';

/** The Secrets that a review may look into, by name; undefined unless reading Secrets was granted. */
export type SecretLookups = ReadonlyMap<string, Lookup<SecretFacts>> | undefined;

/** A reference to a key of a Secret: gaps R8 and H3. Says nothing unless the Secret was looked up. */
export function checkSecretRef(ref: SecretKeyRef, field: string, secrets: SecretLookups): Finding[] {
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
