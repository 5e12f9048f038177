import { posix } from 'node:path';
import { VMCP_CONTAINER } from '../contract.ts';
import { LiteralEnv } from '../pod/expansion.ts';
import type { Container, Pod, VolumeMount } from '../pod/pod.ts';
import { configPath } from './configArgument.ts';
import { type ConfigMapKey, cleanPath, type Provider, providersOf } from './volumeFiles.ts';

/** The file in which ToolHive keeps the config of the auth server. The vMCP reads it from the folder of its config. */
const AUTH_SERVER_FILE = 'authserver-config.yaml';

/** Where a vMCP container has its config file from. */
export interface ConfigSource {
  readonly container: number;
  /** Index of the mount in the container's `volumeMounts`. */
  readonly mount: number;
  /** Index of the volume in `spec.volumes`. */
  readonly volume: number;
  /** Path of the file inside the volume, cleaned. */
  readonly file: string;
  /** The ConfigMap key behind the file; undefined when an earlier pass has already replaced it by the annotation. */
  readonly base: ConfigMapKey | undefined;
  /** The ConfigMap key behind `authserver-config.yaml`, if the ConfigMap has it. */
  readonly authServer: ConfigMapKey | undefined;
}

export type ConfigSearch =
  | { readonly ok: true; readonly source: ConfigSource }
  | {
      readonly ok: false;
      readonly reason: 'config-container-unknown' | 'config-not-mounted';
      readonly message: string;
    };

/** `path` relative to `root`, or undefined when it is not below it. Both are absolute. */
function below(root: string, path: string): string | undefined {
  const clean = cleanPath(root);
  if (path === clean) return '';
  return path.startsWith(`${clean}/`) ? path.slice(clean.length + 1) : undefined;
}

interface MountedFile {
  readonly mount: number;
  readonly volume: number;
  readonly volumeName: string;
  /** Path inside the volume; empty for the volume itself. */
  readonly file: string;
  readonly providers: readonly Provider[];
}

/** The mount that provides the path: the deepest one above it, as mounts hide each other. */
function mountOf(
  container: Container,
  path: string,
): readonly [index: number, mount: VolumeMount] | undefined {
  let best: readonly [number, VolumeMount] | undefined;
  let depth = -1;
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const { length } = cleanPath(mount.mountPath);
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
  return cleanPath(posix.join(sub, below(mount.mountPath, path) ?? '')).replace(/^\.$/, '');
}

function fileAt(pod: Pod, container: Container, path: string): MountedFile | undefined {
  const found = mountOf(container, path);
  if (!found) return undefined;
  const [mount, { name }] = found;
  const volumes = pod.spec.volumes ?? [];
  const volume = volumes.findIndex((each) => each.name === name);
  const file = fileInVolume(container, found[1], path);
  const given = volumes[volume];
  return { mount, volume, volumeName: name, file, providers: given && file ? providersOf(given, file) : [] };
}

function nameOf(provider: Provider): string {
  if ('configMap' in provider) return `ConfigMap "${provider.configMap.name}"`;
  return 'other' in provider ? provider.other : 'the injected annotation';
}

/** The one ConfigMap key behind a file, or why there is not exactly one. */
function onlyKey(path: string, { volumeName, providers }: MountedFile): ConfigMapKey | string {
  const [only, ...more] = providers;
  const where = `reads ${path} from volume "${volumeName}"`;
  if (only && more.length > 0)
    return `${where}, in which ${providers.map(nameOf).join(' and ')} may each have it; exactly one source may, a ConfigMap: list the files of the others in items`;
  if (only && 'configMap' in only) return only.configMap;
  return only
    ? `${where}, which has it from ${nameOf(only)}; mount it from a ConfigMap`
    : `${where}, which gives it no key of a ConfigMap`;
}

/** The key behind the auth server's config, undefined without one, or why injection cannot read it. */
function authServerKey(pod: Pod, container: Container, path: string): ConfigMapKey | string | undefined {
  const file = fileAt(pod, container, path);
  if (!file) return undefined;
  // A mount of exactly this file has it, whatever the volume is.
  const mounted = below(container.volumeMounts?.[file.mount]?.mountPath ?? '', path) === '';
  return file.providers.length === 0 && !mounted ? undefined : onlyKey(path, file);
}

function sourceIn(pod: Pod, index: number, path: string): ConfigSource | string {
  const container = pod.spec.containers[index];
  const found = container && fileAt(pod, container, path);
  if (!found) return `reads ${path}, which no volume mount provides`;
  const injected = found.providers.some((provider) => 'annotation' in provider);
  const base = injected ? undefined : onlyKey(path, found);
  if (typeof base === 'string') return base;
  const authServer = authServerKey(pod, container, posix.join(posix.dirname(path), AUTH_SERVER_FILE));
  if (typeof authServer === 'string') return authServer;
  const { mount, volume, file } = found;
  return { container: index, mount, volume, file, base, authServer };
}

/**
 * Finds the vMCP container and the ConfigMap key behind its `--config`: the container named `vmcp`, else the only one
 * whose `--config` leads to a ConfigMap. Understands whole-volume, `items` and `subPath` mounts, ConfigMap and
 * projected volumes, and the volume of an earlier pass. A file that more than one source of a volume may have, or that is
 * from anything but a ConfigMap, is not looked for: what a Secret holds cannot be known.
 */
export function findConfigSource(pod: Pod): ConfigSearch {
  const { containers } = pod.spec;
  const named = containers.findIndex(({ name }) => name === VMCP_CONTAINER);
  const found = containers.flatMap((container, index) => {
    if (named >= 0 && index !== named) return [];
    const path = configPath(container);
    if (path === undefined || (named < 0 && !mountOf(container, path))) return [];
    return [{ name: container.name, source: sourceIn(pod, index, path) }];
  });
  const sources = found.map(({ source }) => source).filter((source) => typeof source !== 'string');
  const [source] = sources;
  if (source && sources.length === 1) return { ok: true, source };
  const [only] = found;
  if (only && found.length === 1)
    return { ok: false, reason: 'config-not-mounted', message: `container "${only.name}" ${only.source}` };
  if (named >= 0)
    return {
      ok: false,
      reason: 'config-not-mounted',
      message: `container "${VMCP_CONTAINER}" has no --config flag with an absolute path that can be resolved from the Pod spec`,
    };
  const count = sources.length === 0 ? 'no container has' : `${sources.length} containers have`;
  return {
    ok: false,
    reason: 'config-container-unknown',
    message: `${count} a --config flag that leads to a ConfigMap; name the container of the vMCP "${VMCP_CONTAINER}"`,
  };
}
