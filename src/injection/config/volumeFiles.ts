import { CONFIG_ANNOTATION, isConfigVolumeName } from '../contract.ts';
import { cleanPath, type KeyToPath, type ProjectedSource, type Volume } from '../pod/pod.ts';

/** A key of a ConfigMap. */
export interface ConfigMapKey {
  readonly name: string;
  readonly key: string;
}

export type ConfigMapSource = NonNullable<Volume['configMap']>;

/** Something that may put a file into a volume; everything but a ConfigMap is only named, for messages. */
export type Provider =
  | { readonly configMap: ConfigMapKey }
  | { readonly annotation: true }
  | { readonly other: string };

/** The field of a Pod from which the injected volume takes the config. */
export const CONFIG_FIELD_PATH = `metadata.annotations['${CONFIG_ANNOTATION}']`;

function isAt(file: string) {
  return ({ path }: { readonly path?: string | null | undefined }) =>
    Boolean(path) && cleanPath(path ?? '') === file;
}

/** The keys that may become the file: those of items, or without items the one of the same name. */
export function keysAt(items: readonly KeyToPath[] | null | undefined, file: string): readonly string[] {
  if (!items || items.length === 0) return file.includes('/') ? [] : [file];
  return items.filter(isAt(file)).flatMap(({ key }) => key || []);
}

function providersIn(source: ProjectedSource, file: string, injected: boolean): readonly Provider[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap) {
    const { name, items } = configMap;
    return name ? keysAt(items, file).map((key) => ({ configMap: { name, key } })) : [];
  }
  if (secret) return keysAt(secret.items, file).map(() => ({ other: `Secret "${secret.name}"` }));
  const fields = downwardAPI?.items?.filter(isAt(file)) ?? [];
  if (fields.length > 0)
    return fields.map(({ fieldRef }) =>
      injected && fieldRef?.fieldPath === CONFIG_FIELD_PATH
        ? { annotation: true }
        : { other: 'the downward API' },
    );
  if (isAt(file)(serviceAccountToken ?? {})) return [{ other: 'a token of the service account' }];
  if (isAt(file)(clusterTrustBundle ?? {})) return [{ other: 'a ClusterTrustBundle' }];
  const { credentialBundlePath, keyPath, certificateChainPath } = podCertificate ?? {};
  const ofCertificate = [credentialBundlePath, keyPath, certificateChainPath].map((path) => ({ path }));
  return ofCertificate.some(isAt(file)) ? [{ other: 'a Pod certificate' }] : [];
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
