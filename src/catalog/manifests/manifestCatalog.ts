import { type ConfigMap, readConfigMap } from '../../kubernetes/configMap.ts';
import type { Labels } from '../../kubernetes/labelSelector.ts';
import { scalarAt, valueAt } from '../../kubernetes/record.ts';
import { isStringMap, toStringMap } from '../../kubernetes/stringMap.ts';
import { toolhiveKind } from '../../toolhive/kinds.ts';
import type { Catalog, Lookup, NamespaceView, SecretFacts } from '../catalog.ts';
import { readCatalogObject, readClusterObject } from '../catalogObject.ts';
import { secretFacts } from '../secretFacts.ts';
import { ToolhiveStore } from '../store.ts';
import type { InputObject, KubernetesObject } from './manifest.ts';
import { DEFAULT_NAMESPACE, withDefaultNamespace } from './namespace.ts';

export interface ManifestCatalogOptions {
  /**
   * Whether Secrets count as readable, as with `--read-secrets` on a cluster. By default nothing is said about them:
   * manifests in a repository seldom contain the Secrets that they name.
   */
  readonly secrets?: boolean;
  /** Where ConfigMaps and Secrets are looked up that the objects do not contain: a live cluster. */
  readonly beyond?: Pick<Catalog, 'configMap' | 'secret' | 'labels'>;
}

function key(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function keyOf(object: KubernetesObject): string {
  return key(scalarAt(object, 'metadata', 'namespace') ?? '', scalarAt(object, 'metadata', 'name') ?? '');
}

function lookupConfigMap(object: KubernetesObject): Lookup<ConfigMap> {
  const read = readConfigMap(object);
  if (read.ok) return { state: 'found', value: read.value };
  const [problem] = read.problems;
  return { state: 'unavailable', reason: `malformed ConfigMap: ${problem?.field} ${problem?.message}` };
}

/** The facts of a Secret. The API server rejects a Secret with a value that is not a string, so its keys say nothing. */
function lookupSecret(object: KubernetesObject): Lookup<SecretFacts> {
  const wrong = ['data', 'stringData'].find((field) => object[field] != null && !isStringMap(object[field]));
  return wrong === undefined
    ? { state: 'found', value: secretFacts(object) }
    : { state: 'unavailable', reason: `malformed Secret: the values of ${wrong} must be strings` };
}

/** The labels of a Namespace. The API server rejects one with a value that is not a string. */
function lookupLabels(object: KubernetesObject): Lookup<Labels> {
  const labels = valueAt(object, 'metadata', 'labels') ?? {};
  return isStringMap(labels)
    ? { state: 'found', value: toStringMap(labels as Parameters<typeof toStringMap>[0]) }
    : { state: 'unavailable', reason: 'malformed Namespace: the values of labels must be strings' };
}

/**
 * A catalog of what manifests hold: the ToolHive kinds, ConfigMaps, and the facts of Secrets. An object without
 * a namespace is in `default`; of two with the same name the later one counts, as with kubectl apply. Objects that
 * are malformed are left out. An entry without `status` keeps `status: undefined`.
 */
export function manifestCatalog(
  documents: readonly InputObject[],
  options: ManifestCatalogOptions = {},
): Catalog {
  const store = new ToolhiveStore();
  const configMaps = new Map<string, Lookup<ConfigMap>>();
  const secrets = new Map<string, Lookup<SecretFacts>>();
  const labels = new Map<string, Lookup<Labels>>();
  for (const document of documents) {
    const object = withDefaultNamespace(document.object);
    const kind = toolhiveKind(object);
    if (kind) {
      const stored = document.file === undefined;
      const read = stored ? readClusterObject(kind, object) : readCatalogObject(kind, object);
      if (read.ok) store.put(read.value);
    } else if (object.apiVersion === 'v1' && object.kind === 'ConfigMap')
      configMaps.set(keyOf(object), lookupConfigMap(object));
    else if (object.apiVersion === 'v1' && object.kind === 'Secret')
      secrets.set(keyOf(object), lookupSecret(object));
    else if (object.apiVersion === 'v1' && object.kind === 'Namespace')
      labels.set(scalarAt(object, 'metadata', 'name') ?? '', lookupLabels(object));
  }
  const { beyond } = options;
  const missing = async () => ({ state: 'missing' }) as const;
  const configMap: Catalog['configMap'] = async (namespace, name, signal) =>
    configMaps.get(key(namespace || DEFAULT_NAMESPACE, name)) ??
    (beyond?.configMap ?? missing)(namespace, name, signal);
  const secret: NonNullable<Catalog['secret']> = async (namespace, name, signal) =>
    secrets.get(key(namespace || DEFAULT_NAMESPACE, name)) ??
    (beyond?.secret ?? missing)(namespace, name, signal);
  return {
    namespace: (name): NamespaceView => store.namespace(name || DEFAULT_NAMESPACE),
    configMap,
    labels: async (namespace, signal) =>
      labels.get(namespace || DEFAULT_NAMESPACE) ??
      (await beyond?.labels?.(namespace || DEFAULT_NAMESPACE, signal)) ?? { state: 'missing' },
    ageMs: () => 0,
    ...(options.secrets ? { secret } : {}),
  };
}
