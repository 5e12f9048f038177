import { CONFIG_ANNOTATION, isConfigVolumeName } from '../contract.ts';
import { cleanPath, type KeyToPath, type ProjectedSource, type Volume } from '../pod/pod.ts';

/** A key of a ConfigMap. */
export interface ConfigMapKey {
  readonly name: string;
  readonly key: string;
}

export type ConfigMapSource = NonNullable<Volume['configMap']>;

/** Something that may put a file into a volume. */
export interface Provider {
  /** What it is, for a message. */
  readonly what: string;
  /** The key of a ConfigMap. */
  readonly key?: ConfigMapKey;
  /** True for the annotation that injection writes. */
  readonly injected?: boolean;
}

/** The field of a Pod from which the injected volume takes the config. */
export const CONFIG_FIELD_PATH = `metadata.annotations['${CONFIG_ANNOTATION}']`;

/** True when the path of an item is that of the file. */
export function isAt(path: string | null | undefined, file: string): boolean {
  return cleanPath(path ?? '') === file;
}

/** The keys that may become the file: those of items, or without items the one of the same name. */
export function keysAt(items: readonly KeyToPath[] | null | undefined, file: string): readonly string[] {
  if (!items || items.length === 0) return file.includes('/') ? [] : [file];
  return items.filter(({ path }) => isAt(path, file)).flatMap(({ key }) => key || []);
}

function providersIn(source: ProjectedSource, file: string, injected: boolean): readonly Provider[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap) {
    const { name, items } = configMap;
    const what = `ConfigMap "${name}"`;
    return name ? keysAt(items, file).map((key) => ({ what, key: { name, key } })) : [];
  }
  if (secret) return keysAt(secret.items, file).map(() => ({ what: `Secret "${secret.name}"` }));
  const fields = (downwardAPI?.items ?? []).map(({ path, fieldRef }) => ({
    path,
    what: 'the downward API',
    injected: injected && fieldRef?.fieldPath === CONFIG_FIELD_PATH,
  }));
  const { credentialBundlePath, keyPath, certificateChainPath } = podCertificate ?? {};
  const others = [
    ...fields,
    { path: serviceAccountToken?.path, what: 'a token of the service account' },
    { path: clusterTrustBundle?.path, what: 'a ClusterTrustBundle' },
    ...[credentialBundlePath, keyPath, certificateChainPath].map((path) => ({
      path,
      what: 'a Pod certificate',
    })),
  ];
  return others.filter(({ path }) => isAt(path, file));
}

/**
 * All that may put the file into the volume, in the order of the volume's sources. A ConfigMap or Secret without `items`
 * may have any file. A volume whose files the Pod does not list (emptyDir, CSI, …) provides none that is known of.
 */
export function providersOf(volume: Volume, file: string): readonly Provider[] {
  const { configMap, secret, downwardAPI, projected } = volume;
  const sources: readonly ProjectedSource[] = projected?.sources ?? [
    { configMap },
    { secret: secret && { name: secret.secretName, items: secret.items } },
    { downwardAPI },
  ];
  return sources.flatMap((source) => providersIn(source, file, isConfigVolumeName(volume.name)));
}
