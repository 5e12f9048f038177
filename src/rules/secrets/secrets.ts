import type { Lookup, SecretFacts } from '../../catalog/catalog.ts';
import { MAX_NAME } from '../../kubernetes/bounds.ts';
import { isDataKey, isObjectName } from '../../kubernetes/objectNames.ts';
import { isUsableSecretRef, type SecretKeyRef } from '../../kubernetes/reference.ts';
import { child, type FieldPath } from '../findings/fieldPath.ts';
import { invalid, notFound, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Target, warn } from '../rule.ts';
import { checkUnread } from './unreadSecrets.ts';

const HOLDERS: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPExternalAuthConfig'];

export const secretRules = {
  'secret-reference-invalid': deny('A reference to a Secret must have a valid name and key.', ...HOLDERS),
  'secret-not-found': warn(
    'A Secret and its key must exist (only checked when reading Secrets is granted).',
    ...HOLDERS,
  ),
  'secret-value-unusable': warn(
    "A Secret's value must be usable in a header (only checked when reading Secrets is granted).",
    ...HOLDERS,
  ),
};

/** The Secrets that a review may look into, by name; undefined unless reading Secrets was granted. */
export type SecretLookups = ReadonlyMap<string, Lookup<SecretFacts>> | undefined;

/** What follows from a reference that Kubernetes refuses, by its holder: each is copied into a Deployment. */
export const REFUSED_DEPLOYMENT = {
  entry: 'Kubernetes refuses the Deployment of every vMCP of the group with it',
  proxy: 'Kubernetes refuses the Deployment of this proxy with it',
  config: 'Kubernetes refuses the Deployment of every vMCP that uses this config with it',
} as const;

/** The kind of object that holds a reference. */
export type RefHolder = keyof typeof REFUSED_DEPLOYMENT;

/**
 * A reference that Kubernetes refuses. ToolHive copies it unchanged into a required `secretKeyRef`, whatever the phase, and
 * the API server refuses that Deployment. Source: `validateSecretKeySelector` of Kubernetes' core validation.
 */
function malformed({ name, key }: SecretKeyRef, field: FieldPath, holder: RefHolder): Finding[] {
  const rule = 'secret-reference-invalid';
  const why = REFUSED_DEPLOYMENT[holder];
  const findings: Finding[] = [];
  if (name === '')
    findings.push(
      required({
        rule,
        field: child(field, 'name'),
        detail: `the name of a Secret in the same namespace; ${why}`,
      }),
    );
  else if (!isObjectName(name))
    findings.push(
      invalid({
        rule,
        field: child(field, 'name'),
        raw: name,
        detail: `not a valid Secret name (not shown, since it may be a credential): at most ${MAX_NAME} lower-case letters, digits, "-" and "."; ${why}`,
      }),
    );
  if (key === '')
    findings.push(required({ rule, field: child(field, 'key'), detail: `a key of the Secret; ${why}` }));
  else if (!isDataKey(key))
    findings.push(
      invalid({
        rule,
        field: child(field, 'key'),
        raw: key,
        detail: `not a valid Secret key (not shown, since it may be a credential): at most ${MAX_NAME} letters, digits, "-", "_" and ".", and no leading ".."; ${why}`,
      }),
    );
  return findings;
}

/** The finding about a reference that must be there. */
export function missingSecretRef(field: string): Finding {
  return required({
    rule: 'secret-reference-invalid',
    field,
    detail: 'name and key of a Secret in the same namespace',
  });
}

/** A reference to a Secret, and its field. */
export interface HeldRef {
  readonly ref: SecretKeyRef;
  readonly field: FieldPath;
}

/**
 * The references of an object to keys of Secrets: whether Kubernetes accepts them, and whether the Secrets that were looked
 * up have them.
 */
export function checkSecretRefs(
  held: readonly HeldRef[],
  secrets: SecretLookups,
  holder: RefHolder,
): Finding[] {
  const unread =
    secrets === undefined
      ? []
      : checkUnread(
          held.filter(({ ref }) => isUsableSecretRef(ref)),
          secrets,
        );
  return [...unread, ...held.flatMap(({ ref, field }) => checkSecretRef(ref, field, secrets, holder))];
}

function checkSecretRef(
  ref: SecretKeyRef,
  field: FieldPath,
  secrets: SecretLookups,
  holder: RefHolder,
): Finding[] {
  if (!isUsableSecretRef(ref)) return malformed(ref, field, holder);
  const lookup = secrets?.get(ref.name);
  if (lookup === undefined || lookup.state === 'unavailable') return [];
  const where = `Secret "${ref.name}"`;
  if (lookup.state === 'missing')
    return [
      notFound({
        rule: 'secret-not-found',
        field: child(field, 'name'),
        value: ref.name,
        detail: `${where} does not exist yet; the backend's calls fail until it does`,
      }),
    ];
  const facts = Object.hasOwn(lookup.value.keys, ref.key) ? lookup.value.keys[ref.key] : undefined;
  const key = { field: child(field, 'key'), value: ref.key };
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
        detail: `key "${ref.key}" of ${where} is empty, which ToolHive treats as missing`,
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
