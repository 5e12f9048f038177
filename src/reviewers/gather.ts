import type { ReviewContext } from '../admission/reviewer.ts';
import { type Catalog, type Lookup, type SecretFacts, untilRead } from '../catalog/catalog.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import { authSecrets } from '../validation/authVariables.ts';
import type { EntryFacts } from '../validation/facts.ts';

/** Reads of Secrets in one review; an object that names more is not worth a burst of requests. */
const MAX_SECRET_READS = 50;

/** The names of the Secrets that an object's rules would look into. */
function secretNames(object: ToolhiveObject): Set<string> {
  const names = new Set<string>();
  if (object.kind === 'MCPServerEntry' || object.kind === 'MCPRemoteProxy')
    for (const { secret } of object.headers?.fromSecret ?? []) if (secret?.name) names.add(secret.name);
  if (object.kind === 'MCPExternalAuthConfig')
    for (const [, ref] of authSecrets(object)) if (ref.name) names.add(ref.name);
  return names;
}

async function gatherSecrets(
  object: ToolhiveObject,
  read: NonNullable<Catalog['secret']>,
  signal: AbortSignal,
): Promise<EntryFacts['secrets']> {
  const { namespace } = object.metadata;
  const found = new Map<string, Lookup<SecretFacts>>();
  await Promise.all(
    [...secretNames(object)]
      .slice(0, MAX_SECRET_READS)
      .map(async (name) => found.set(name, await read(namespace, name, signal))),
  );
  return found;
}

/**
 * All the reads of a review, in one place and side by side: what the rules may know about an object beside itself.
 * The view is taken from the catalog's memory; the context's signal bounds the rest, and is not asked for without one.
 * Rejects with CatalogNotRead when that memory is not complete before the deadline.
 */
export async function gatherFacts(
  object: ToolhiveObject,
  catalog: Catalog,
  context: ReviewContext,
): Promise<EntryFacts> {
  const { namespace } = object.metadata;
  const { now } = context;
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, context.signal);
  const view = catalog.namespace(namespace);
  const ref = object.kind === 'MCPServerEntry' ? object.caBundle?.name : undefined;
  const readSecret = catalog.secret;
  if (!ref && !readSecret) return { view, caBundle: undefined, secrets: undefined, now };
  const [caBundle, secrets] = await Promise.all([
    ref ? catalog.configMap(namespace, ref, context.signal) : undefined,
    readSecret ? gatherSecrets(object, readSecret, context.signal) : undefined,
  ]);
  // Taken again: an event may have come while the reads were under way.
  return { view: catalog.namespace(namespace), caBundle, secrets, now };
}
