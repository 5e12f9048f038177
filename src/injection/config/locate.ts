import { posix } from 'node:path';
import { CONFIG_ANNOTATION, isConfigVolumeName, VMCP_CONTAINER } from '../contract.ts';
import { LiteralEnv } from '../pod/expansion.ts';
import type { Container, KeyToPath, Pod, Volume, VolumeMount } from '../pod/pod.ts';
import { configPath } from './configArgument.ts';

/** Where a vMCP container has its config file from. */
export interface ConfigSource {
  readonly container: number;
  /** Index of the mount in the container's `volumeMounts`. */
  readonly mount: number;
  /** Index of the volume in `spec.volumes`. */
  readonly volume: number;
  /** Path of the file inside the volume, as an item's `path` spells it. */
  readonly file: string;
  /** The ConfigMap and key behind the file; undefined when an earlier pass of ours has already replaced it. */
  readonly base: BaseKey | undefined;
  /** Where the file is from when the ConfigMap of `base` lacks the key, in this order. */
  readonly otherwise: readonly BaseKey[];
}

/** A key of a ConfigMap. */
export interface BaseKey {
  readonly name: string;
  readonly key: string;
}

/** More ConfigMaps than this are not read one after the other to find a file. */
const MAX_CANDIDATES = 8;

export type ConfigSearch =
  | { readonly ok: true; readonly source: ConfigSource }
  | {
      readonly ok: false;
      readonly reason: 'config-container-unknown' | 'config-not-mounted';
      readonly message: string;
    };

/** The field of a Pod from which our volume takes the config. */
export const CONFIG_FIELD_PATH = `metadata.annotations['${CONFIG_ANNOTATION}']`;

/** `path` relative to `root`, or undefined when it is not below it. Both are absolute. */
function below(root: string, path: string): string | undefined {
  const clean = posix.normalize(root).replace(/\/+$/, '');
  if (path === clean) return '';
  return path.startsWith(`${clean}/`) ? path.slice(clean.length + 1) : undefined;
}

/** The mount that provides the path: the deepest one above it, as mounts hide each other. */
function mountOf(
  container: Container,
  path: string,
): readonly [index: number, mount: VolumeMount] | undefined {
  let best: readonly [number, VolumeMount] | undefined;
  let depth = -1;
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const { length } = posix.normalize(mount.mountPath).replace(/\/+$/, '');
    if (below(mount.mountPath, path) === undefined || length <= depth) continue;
    best = [index, mount];
    depth = length;
  }
  return best;
}

function fileInVolume(container: Container, mount: VolumeMount, path: string): string {
  const sub = mount.subPathExpr
    ? (new LiteralEnv(container.env).expand(mount.subPathExpr) ?? '')
    : (mount.subPath ?? '');
  return posix.join(sub, below(mount.mountPath, path) ?? '').replace(/\/+$/, '');
}

function keyAt(items: readonly KeyToPath[] | null | undefined, file: string): string | undefined {
  if (!items || items.length === 0) return file.includes('/') ? undefined : file;
  const item = items.find(({ path }) => path && posix.normalize(path) === file);
  return item?.key || undefined;
}

/** True for a source of a projected volume that gives our annotation as the file. */
function isOurs(
  source: NonNullable<NonNullable<Volume['projected']>['sources']>[number],
  file: string,
): boolean {
  return (source.downwardAPI?.items ?? []).some(
    ({ path, fieldRef }) => path === file && fieldRef?.fieldPath === CONFIG_FIELD_PATH,
  );
}

/**
 * The ConfigMap keys that can give the file, the one that is asked first at the front. In a projected volume a later source
 * overwrites a file of an earlier one, and without `items` only the ConfigMap tells whether it has the file. Source:
 * `collectData` of the kubelet's projected volumes.
 */
function basesOf(volume: Volume, file: string): readonly BaseKey[] | 'ours' {
  const bases: BaseKey[] = [];
  const add = (source: Volume['configMap']) => {
    const key = source?.name ? keyAt(source.items, file) : undefined;
    if (source?.name && key !== undefined) bases.unshift({ name: source.name, key });
  };
  if (volume.configMap?.name) {
    add(volume.configMap);
    return bases;
  }
  for (const source of volume.projected?.sources ?? []) {
    if (isConfigVolumeName(volume.name) && isOurs(source, file)) return 'ours';
    add(source.configMap);
  }
  return bases;
}

/** The first index of each volume name. */
function volumeIndices(pod: Pod): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [index, { name }] of (pod.spec.volumes ?? []).entries())
    if (!indices.has(name)) indices.set(name, index);
  return indices;
}

function sourceIn(pod: Pod, index: number, volumeAt: ReadonlyMap<string, number>): ConfigSource | string {
  const container = pod.spec.containers[index];
  const path = container && configPath(container);
  if (!container || path === undefined) return 'has no --config argument with a path that can be told';
  const found = mountOf(container, path);
  if (!found) return `reads ${path}, which no volume mount provides`;
  const [mount, { name }] = found;
  const volumeIndex = volumeAt.get(name) ?? -1;
  const volume = pod.spec.volumes?.[volumeIndex];
  const file = fileInVolume(container, found[1], path);
  const bases = volume && file !== '' ? basesOf(volume, file) : [];
  if (bases.length > MAX_CANDIDATES && bases !== 'ours')
    return `reads ${path} from volume "${name}", in which ${bases.length} ConfigMaps may have it; list the files of each in items`;
  const [base, ...otherwise] = bases === 'ours' ? [] : bases;
  if (base === undefined && bases !== 'ours')
    return `reads ${path} from volume "${name}", which gives it no key of a ConfigMap`;
  return { container: index, mount, volume: volumeIndex, file, base, otherwise };
}

/**
 * Finds the vMCP container and the ConfigMap key behind its `--config`: the container named `vmcp`, else the only one
 * whose `--config` leads to a ConfigMap. Understands whole-volume, `items` and `subPath` mounts, ConfigMap and
 * projected volumes, and the volume of an earlier pass of ours.
 */
export function findConfigSource(pod: Pod): ConfigSearch {
  const { containers } = pod.spec;
  const volumeAt = volumeIndices(pod);
  const named = containers.findIndex(({ name }) => name === VMCP_CONTAINER);
  if (named >= 0) {
    const source = sourceIn(pod, named, volumeAt);
    if (typeof source !== 'string') return { ok: true, source };
    return { ok: false, reason: 'config-not-mounted', message: `container "${VMCP_CONTAINER}" ${source}` };
  }
  const sources = containers
    .map((_, index) => sourceIn(pod, index, volumeAt))
    .filter((source) => typeof source !== 'string');
  const [only] = sources;
  if (only && sources.length === 1) return { ok: true, source: only };
  const found = sources.length === 0 ? 'no container has' : `${sources.length} containers have`;
  return {
    ok: false,
    reason: 'config-container-unknown',
    message: `${found} a --config argument that leads to a ConfigMap; name the container of the vMCP "${VMCP_CONTAINER}"`,
  };
}
