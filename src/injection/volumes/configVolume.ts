import type { ConfigMap } from '../../kubernetes/configMap.ts';
import type { ConfigSource } from '../config/locate.ts';
import { CONFIG_FIELD_PATH, cleanPath } from '../config/volumeFiles.ts';
import { compare, configVolumeName } from '../contract.ts';
import type { PodEditor } from '../pod/editor.ts';
import type { KeyToPath, Volume } from '../pod/pod.ts';

type ConfigMapSource = NonNullable<Volume['configMap']>;
type Sources = NonNullable<NonNullable<Volume['projected']>['sources']>;

/** The items that do not become the file. */
function otherThan(file: string, items: readonly KeyToPath[]): KeyToPath[] {
  return items.filter(({ path }) => cleanPath(path ?? '') !== file);
}

/** What of the base ConfigMap stays in place: every file but the config, as explicit items. */
function otherItems({ items }: ConfigMapSource, configMap: ConfigMap, file: string): KeyToPath[] {
  if (items && items.length > 0) return otherThan(file, items);
  const keys = [...Object.keys(configMap.data), ...configMap.binaryKeys].sort(compare);
  return otherThan(
    file,
    keys.map((key) => ({ key, path: key })),
  );
}

/**
 * A ConfigMap of a projected volume without the item that gives the config, undefined when nothing is left. The API server
 * refuses a path that two sources list; what a ConfigMap without items has is overwritten by a later source.
 */
function withoutFile(source: ConfigMapSource, file: string): ConfigMapSource | undefined {
  if (!source.items || source.items.length === 0) return source;
  const items = otherThan(file, source.items);
  if (items.length === source.items.length) return source;
  return items.length === 0 ? undefined : { ...source, items };
}

function remaining(source: ConfigMapSource, configMap: ConfigMap, file: string): Sources {
  const items = otherItems(source, configMap, file);
  return items.length === 0 ? [] : [{ configMap: { ...source, items, optional: true } }];
}

/**
 * The volume that takes the place of the one behind `--config`: the annotation as the config file, and everything else of
 * the original as it was, the ConfigMap now optional.
 * @param configMap the base ConfigMap; it tells the files of a volume without items
 * @param volume the name of the new volume
 */
function configVolume(original: Volume, source: ConfigSource, configMap: ConfigMap, volume: string): Volume {
  const { file, base } = source;
  const config = {
    downwardAPI: { items: [{ path: file, fieldRef: { apiVersion: 'v1', fieldPath: CONFIG_FIELD_PATH } }] },
  };
  if (original.configMap) {
    const { defaultMode, items, name } = original.configMap;
    return {
      name: volume,
      projected: {
        ...(defaultMode !== undefined && { defaultMode }),
        sources: [config, ...remaining({ name, ...(items && { items }) }, configMap, file)],
      },
    };
  }
  const sources = (original.projected?.sources ?? []).flatMap((part) => {
    const { configMap: from } = part;
    if (!from) return [part];
    const kept = withoutFile(from, file);
    if (kept === undefined) return [];
    return [{ ...part, configMap: from.name === base?.name ? { ...kept, optional: true } : kept }];
  });
  // The last source wins, so a ConfigMap without items may have a file of this name.
  return { name: volume, projected: { ...original.projected, sources: [...sources, config] } };
}

/** A name that no container uses for a volume of its own. */
function freeName(editor: PodEditor): string {
  for (let number = 1; ; number++) {
    const name = configVolumeName(number);
    if (!editor.volume(name) || editor.usesOf(name).length === 0) return name;
  }
}

/** Points the mount of the config at a volume that delivers the annotation. An earlier pass has done so already. */
export function mountConfig(editor: PodEditor, source: ConfigSource, configMap: ConfigMap): void {
  const mount = editor.mounts[source.mount];
  const original = mount && editor.volume(mount.name);
  if (!mount || !original || source.base === undefined) return;
  const volume = configVolume(original, source, configMap, freeName(editor));
  editor.putVolume(volume);
  editor.putMount({ ...mount, name: volume.name });
}
