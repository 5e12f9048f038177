import type { ConfigMap } from '../../kubernetes/configMap.ts';
import type { ConfigSource } from '../config/locate.ts';
import { CONFIG_FIELD_PATH, type ConfigMapSource, isAt, keysAt } from '../config/volumeFiles.ts';
import { compare, configVolumeName } from '../contract.ts';
import type { PodEditor } from '../pod/editor.ts';
import type { KeyToPath, ProjectedSource, Volume } from '../pod/pod.ts';

/** The annotation as the config file, with the permissions that an item of the ConfigMap gave the file. */
function annotationAt(file: string, items: readonly KeyToPath[] | null | undefined): ProjectedSource {
  const { mode } = items?.find(({ path }) => isAt(path, file)) ?? {};
  const fieldRef = { apiVersion: 'v1', fieldPath: CONFIG_FIELD_PATH };
  return { downwardAPI: { items: [{ path: file, fieldRef, ...(typeof mode === 'number' && { mode }) }] } };
}

/** Every file of the ConfigMap in the volume but the config, as explicit items. */
function otherItems({ items }: ConfigMapSource, { data, binaryKeys }: ConfigMap, file: string): KeyToPath[] {
  const all = [...Object.keys(data), ...binaryKeys].sort(compare).map((key) => ({ key, path: key }));
  return (items?.length ? items : all).filter(({ path }) => !isAt(path, file));
}

/**
 * The volume that takes the place of the one behind `--config`: the annotation as the config file, and everything else of
 * the original as it was, the base ConfigMap now optional.
 * @param configMap the base ConfigMap; it tells the files of a volume without items
 */
function configVolume(volume: Volume, source: ConfigSource, configMap: ConfigMap, name: string): Volume {
  const { file, base } = source;
  const { name: configMapName, items, defaultMode } = volume.configMap ?? {};
  const original = volume.projected ?? {
    ...(defaultMode !== undefined && { defaultMode }),
    sources: [{ configMap: { name: configMapName, ...(items && { items }) } }],
  };
  const sources = (original.sources ?? []).flatMap((given): readonly ProjectedSource[] => {
    const from = given.configMap;
    if (!from || from.name !== base?.name || keysAt(from.items, file).length === 0) return [given];
    const annotation = annotationAt(file, from.items);
    const others = otherItems(from, configMap, file);
    if (others.length === 0) return [annotation];
    return [annotation, { ...given, configMap: { ...from, items: others, optional: true } }];
  });
  return { name, projected: { ...original, sources } };
}

/** The first name of a config volume that no container uses for a volume of its own. */
function freeName(editor: PodEditor): string {
  for (let number = 1; ; number++) {
    const name = configVolumeName(number);
    if (!editor.volumes.get(name) || editor.usesOf(name).length === 0) return name;
  }
}

/** Points the mount of the config at a volume that delivers the annotation, unless an earlier pass has done so. */
export function mountConfig(editor: PodEditor, source: ConfigSource, configMap: ConfigMap): void {
  const original = editor.volumes.get(source.mount.name);
  if (!original || source.base === undefined) return;
  const volume = configVolume(original, source, configMap, freeName(editor));
  editor.volumes.put(volume);
  editor.mounts.put({ ...source.mount, name: volume.name });
}
