import type { Catalog, GroupMembers, Lookup, NamespaceView, SecretFacts } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { authSecrets } from '../../rules/authVariables.ts';
import type { SecretLookups } from '../../rules/secrets.ts';
import type { VirtualMcpServer } from '../../toolhive/virtualServer.ts';

/** How many reads a review has under way at most. */
const PARALLEL = 16;

/** Applies `read` to every item, a few at a time, and gives the answers by item. Never throws if `read` does not. */
export async function readEach<T, R>(
  items: Iterable<T>,
  read: (item: T) => Promise<R>,
): Promise<ReadonlyMap<T, R>> {
  const answers = new Map<T, R>();
  const queue = [...new Set(items)];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift())
      answers.set(item, await read(item));
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, queue.length) }, worker));
  return answers;
}

/** The VirtualMCPServer by memory, and when that does not know it, live: a Pod of it exists, so it should. */
export async function findVirtualServer(
  catalog: Catalog,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<VirtualMcpServer | undefined> {
  const known = catalog.namespace(namespace).virtualServer(name);
  if (known || !catalog.live) return known;
  const lookup = await catalog.live('VirtualMCPServer', namespace, name, signal);
  return lookup.state === 'found' ? lookup.value : undefined;
}

/** Whether the MCPGroup exists: it may have come with the Pod in one `kubectl apply`, so it is read live before the answer is no. */
export async function hasGroup(
  catalog: Catalog,
  namespace: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (name === undefined) return false;
  if (catalog.namespace(namespace).group(name)) return true;
  const lookup = await catalog.live?.('MCPGroup', namespace, name, signal);
  return lookup?.state === 'found';
}

/** What was read for a group, before anything is decided about its members. */
export interface Gathered {
  readonly configMaps: ReadonlyMap<string, Lookup<ConfigMap>>;
  /** Undefined unless reading Secrets was granted. */
  readonly secrets: SecretLookups;
}

function secretNames(
  members: GroupMembers,
  view: NamespaceView,
  server: VirtualMcpServer | undefined,
): Set<string> {
  const names = new Set<string>();
  const configs = new Set<string>();
  for (const { authConfig } of [...members.servers, ...members.remoteProxies, ...members.entries])
    if (authConfig !== undefined) configs.add(authConfig);
  for (const choice of [server?.defaultAuth, ...Object.values(server?.backendAuth ?? {})])
    if (choice?.authConfig !== undefined) configs.add(choice.authConfig);
  for (const name of configs) {
    const config = view.authConfig(name);
    for (const [, ref] of config ? authSecrets(config) : []) if (ref.name) names.add(ref.name);
  }
  for (const { headers } of members.entries)
    for (const { secret } of headers?.fromSecret ?? []) if (secret?.name) names.add(secret.name);
  return names;
}

/**
 * All reads beside the base config, side by side: the ConfigMaps of the entries' CA bundles and, under the opt-in, the
 * facts of Secrets. Everything after this is pure. Never throws.
 */
export async function gather(
  catalog: Catalog,
  view: NamespaceView,
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
  signal: AbortSignal,
): Promise<Gathered> {
  const { namespace } = view;
  const bundles = members.entries.flatMap(({ caBundle }) => (caBundle?.name ? [caBundle.name] : []));
  const read = catalog.secret;
  const [configMaps, secrets] = await Promise.all([
    readEach(bundles, (name) => catalog.configMap(namespace, name, signal)),
    read
      ? readEach(
          secretNames(members, view, server),
          (name): Promise<Lookup<SecretFacts>> => read(namespace, name, signal),
        )
      : undefined,
  ]);
  return { configMaps, secrets };
}
