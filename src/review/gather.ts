import type { ReviewContext } from '../admission/reviewer.ts';
import { type Catalog, type Lookup, type SecretFacts, untilRead } from '../catalog/catalog.ts';
import { configMapToRead } from '../rules/caBundle/reference.ts';
import type { Facts } from '../rules/rule.ts';
import { isSecretRef } from '../rules/secrets.ts';
import { MAX_SECRET_LOOKUPS } from '../rules/unreadSecrets.ts';
import { authSecrets } from '../toolhive/authSecrets.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';

/** The names of the Secrets that an object's rules would look into. */
function secretNames(object: ToolhiveObject): Set<string> {
  const names = new Set<string>();
  if (object.kind === 'MCPServerEntry' || object.kind === 'MCPRemoteProxy')
    for (const { secret } of object.headers?.fromSecret ?? [])
      if (secret && isSecretRef(secret)) names.add(secret.name);
  if (object.kind === 'MCPExternalAuthConfig')
    for (const { ref } of authSecrets(object)) if (isSecretRef(ref)) names.add(ref.name);
  return names;
}

async function gatherSecrets(
  object: ToolhiveObject,
  read: NonNullable<Catalog['secret']>,
  signal: AbortSignal,
): Promise<Facts['secrets']> {
  const { namespace } = object.metadata;
  const found = new Map<string, Lookup<SecretFacts>>();
  await Promise.all(
    [...secretNames(object)]
      .slice(0, MAX_SECRET_LOOKUPS)
      .map(async (name) => found.set(name, await read(namespace, name, signal))),
  );
  return found;
}

/** The reads that wait for the API server, side by side. */
async function gatherReads(
  object: ToolhiveObject,
  caBundleName: string | undefined,
  catalog: Catalog,
  context: ReviewContext,
): Promise<Facts> {
  const { signal, now } = context;
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, signal);
  const { namespace } = object.metadata;
  const readSecret = catalog.secret;
  const [caBundle, secrets] = await Promise.all([
    caBundleName === undefined ? undefined : catalog.configMap(namespace, caBundleName, signal),
    readSecret ? gatherSecrets(object, readSecret, signal) : undefined,
  ]);
  // The view comes last: an event may have come while the reads were under way.
  return { view: catalog.namespace(namespace), caBundle, secrets, now };
}

/**
 * All the reads of a review, in one place: what the rules may know about an object beside itself. At once when the
 * catalog's memory has it all, as for most; a promise for that would cost as much as a rule. Else the context's signal
 * bounds the reads; it is not asked for without one. Rejects with CatalogNotRead when that memory is not complete before
 * the deadline.
 */
export function gatherFacts(
  object: ToolhiveObject,
  catalog: Catalog,
  context: ReviewContext,
): Facts | Promise<Facts> {
  const caBundleName = object.kind === 'MCPServerEntry' ? configMapToRead(object.caBundle) : undefined;
  if (catalog.readiness?.complete === false || catalog.secret || caBundleName !== undefined)
    return gatherReads(object, caBundleName, catalog, context);
  const view = catalog.namespace(object.metadata.namespace);
  return { view, caBundle: undefined, secrets: undefined, now: context.now };
}
