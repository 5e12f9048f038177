import type { Audit } from '../admission/outcome.ts';
import type { ReviewContext } from '../admission/reviewer.ts';
import {
  assertFollowed,
  type Catalog,
  type Lookup,
  type SecretFacts,
  STALE_MS,
  untilRead,
} from '../catalog/catalog.ts';
import { isUsableSecretRef } from '../kubernetes/reference.ts';
import { configMapToRead } from '../rules/caBundle/reference.ts';
import { sharedConfigMapToRead } from '../rules/references/caBundle.ts';
import type { Facts } from '../rules/rule.ts';
import { MAX_SECRET_LOOKUPS } from '../rules/secrets/unreadSecrets.ts';
import { authSecrets } from '../toolhive/authSecrets.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';

/** The names of the Secrets that an object's rules would look into. */
function secretNames(object: ToolhiveObject): Set<string> {
  const names = new Set<string>();
  if (object.kind === 'MCPServerEntry' || object.kind === 'MCPRemoteProxy')
    for (const { secret } of object.headers?.fromSecret ?? [])
      if (secret && isUsableSecretRef(secret)) names.add(secret.name);
  if (object.kind === 'MCPExternalAuthConfig')
    for (const { ref } of authSecrets(object)) if (isUsableSecretRef(ref)) names.add(ref.name);
  return names;
}

async function gatherSecrets(
  object: ToolhiveObject,
  read: NonNullable<Catalog['secret']>,
  context: ReviewContext,
): Promise<Facts['secrets']> {
  const { namespace } = object.metadata;
  const found = new Map<string, Lookup<SecretFacts>>();
  await Promise.all(
    [...secretNames(object)]
      .slice(0, MAX_SECRET_LOOKUPS)
      .map(async (name) => found.set(name, await read(namespace, name, context.signal))),
  );
  return found;
}

/** The ConfigMap that a rule looks into; undefined when it looks into none. */
function configMapName(object: ToolhiveObject): string | undefined {
  if (object.kind === 'MCPServerEntry') return configMapToRead(object.caBundle);
  if (object.kind === 'VirtualMCPServer') return object.policyConfigMap?.name;
  return object.kind === 'MCPOIDCConfig' || object.kind === 'MCPTelemetryConfig'
    ? sharedConfigMapToRead(object.caBundle)
    : undefined;
}

/**
 * All the reads of a review, in one place: what the rules may know about an object beside itself.
 * Rejects with CatalogNotRead when the copy in memory is not complete before the signal aborts, and with NamespaceNotFollowed
 * when it never has the namespace. The signal is made when it is asked for, so a review that waits for nothing does without.
 */
export function gatherFacts(
  object: ToolhiveObject,
  catalog: Catalog,
  context: ReviewContext,
): Promise<Facts> {
  if (!context.step) return gather(object, catalog, context);
  return context.step('gather', () => gather(object, catalog, context));
}

async function gather(object: ToolhiveObject, catalog: Catalog, context: ReviewContext): Promise<Facts> {
  const { namespace } = object.metadata;
  assertFollowed(catalog, namespace);
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, context.signal);
  const name = configMapName(object);
  const readSecret = catalog.secret;
  // Side by side; most objects need neither.
  const readingMap = name === undefined ? undefined : catalog.configMap(namespace, name, context.signal);
  const readingSecrets = readSecret && gatherSecrets(object, readSecret, context);
  const configMap = readingMap && (await readingMap);
  const secrets = readingSecrets && (await readingSecrets);
  // The view comes last: an event may have come while the reads were under way.
  return { view: catalog.namespace(namespace), configMap, secrets, now: context.now };
}

/** What the audit log says when the copy in memory that a review relied on may be behind; empty while it is not. */
export function catalogAge(catalog: Catalog, namespace: string): Pick<Audit, 'catalog'> {
  const age = catalog.ageMs(namespace);
  if (age === undefined) return { catalog: 'not read yet' };
  return age > STALE_MS ? { catalog: `last contact ${Math.round(age / 1_000)}s ago` } : {};
}
