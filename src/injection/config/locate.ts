import { posix } from 'node:path';
import { VMCP_CONTAINER } from '../contract.ts';
import { LiteralEnv } from '../pod/expansion.ts';
import { type Container, cleanPath, type Pod, type VolumeMount } from '../pod/pod.ts';
import type { PodRefusal } from '../report/reasons.ts';
import { configPath } from './configArgument.ts';
import { type ConfigMapKey, type Provider, providersOf } from './volumeFiles.ts';

/** The file in which ToolHive keeps the config of the auth server. The vMCP reads it from the folder of its config. */
const AUTH_SERVER_FILE = 'authserver-config.yaml';

/** Where a vMCP container has its config file from. */
export interface ConfigSource {
  readonly container: Container;
  readonly mount: VolumeMount;
  /** Path of the file inside the volume, cleaned. */
  readonly file: string;
  /** The ConfigMap key behind the file; undefined when an earlier pass has already replaced it by the annotation. */
  readonly base: ConfigMapKey | undefined;
  /** The ConfigMap key behind `authserver-config.yaml`, if the ConfigMap has it. */
  readonly authServer: ConfigMapKey | undefined;
}

/** `path` relative to `root`, or undefined when it is not below it. Both are absolute. */
function below(root: string, path: string): string | undefined {
  const clean = cleanPath(root);
  if (path === clean) return '';
  return path.startsWith(`${clean}/`) ? path.slice(clean.length + 1) : undefined;
}

/** The mount that provides the path: the deepest one above it, as mounts hide each other. */
function mountOf({ volumeMounts }: Container, path: string): VolumeMount | undefined {
  const above = (volumeMounts ?? []).filter(({ mountPath }) => below(mountPath, path) !== undefined);
  const depth = ({ mountPath }: VolumeMount) => cleanPath(mountPath).length;
  return above.sort((a, b) => depth(b) - depth(a))[0];
}

interface MountedFile {
  readonly mount: VolumeMount;
  /** Path inside the volume; empty for the volume itself, and where it is not known. */
  readonly file: string;
  readonly providers: readonly Provider[];
}

/** The part of the volume that is mounted; undefined when it depends on a variable whose value the Pod does not tell. */
function subPathOf({ subPath, subPathExpr }: VolumeMount, { env }: Container): string | undefined {
  if (!subPathExpr) return subPath ?? '';
  const expanded = new LiteralEnv(env).expand(subPathExpr);
  return expanded?.includes('$(') ? undefined : (expanded ?? undefined);
}

function fileAt({ spec }: Pod, container: Container, path: string): MountedFile | undefined {
  const mount = mountOf(container, path);
  if (!mount) return undefined;
  const sub = subPathOf(mount, container);
  if (sub === undefined) return { mount, file: '', providers: [] };
  const { mountPath, name } = mount;
  const file = cleanPath(posix.join(sub, below(mountPath, path) ?? '')).replace(/^\.$/, '');
  const volume = spec.volumes?.find((each) => each.name === name);
  return { mount, file, providers: volume && file ? providersOf(volume, file) : [] };
}

/** The one ConfigMap key behind a file, or why there is not exactly one. */
function onlyKey(path: string, { mount, providers }: MountedFile): ConfigMapKey | string {
  const [only, ...more] = providers;
  const where = `reads ${path} from volume "${mount.name}"`;
  if (only && more.length > 0)
    return `${where}, in which ${providers.map(({ what }) => what).join(' and ')} may each have it; exactly one source may, a ConfigMap: list the files of the others in items`;
  if (only?.key) return only.key;
  return only
    ? `${where}, which has it from ${only.what}; mount it from a ConfigMap`
    : `${where}, which gives it no key of a ConfigMap`;
}

/** The key behind the auth server's config, undefined without one, or why injection cannot read it. */
function authServerKey(pod: Pod, container: Container, path: string): ConfigMapKey | string | undefined {
  const file = fileAt(pod, container, path);
  if (!file) return undefined;
  // A mount of exactly this file has it, whatever the volume is.
  const mounted = below(file.mount.mountPath, path) === '';
  return file.providers.length === 0 && !mounted ? undefined : onlyKey(path, file);
}

function sourceIn(pod: Pod, container: Container, path: string): ConfigSource | string {
  const found = fileAt(pod, container, path);
  if (!found) return `reads ${path}, which no volume mount provides`;
  const base = found.providers.some(({ injected }) => injected) ? undefined : onlyKey(path, found);
  if (typeof base === 'string') return base;
  const authServer = authServerKey(pod, container, posix.join(posix.dirname(path), AUTH_SERVER_FILE));
  if (typeof authServer === 'string') return authServer;
  return { container, mount: found.mount, file: found.file, base, authServer };
}

/**
 * Finds the vMCP container and the ConfigMap key behind its `--config`: the container named `vmcp`, else the only one
 * whose `--config` leads to a ConfigMap. Understands whole-volume, `items` and `subPath` mounts, ConfigMap and
 * projected volumes, and the volume of an earlier pass. A file that more than one source of a volume may have, or that is
 * from anything but a ConfigMap, is not looked for: what a Secret holds cannot be known.
 */
export function findConfigSource(pod: Pod): ConfigSource | PodRefusal {
  const { containers } = pod.spec;
  const named = containers.find(({ name }) => name === VMCP_CONTAINER);
  const found = (named ? [named] : containers).flatMap((container) => {
    const path = configPath(container);
    if (path === undefined || (!named && !mountOf(container, path))) return [];
    const source = sourceIn(pod, container, path);
    return typeof source === 'string' ? `container "${container.name}" ${source}` : source;
  });
  const sources = found.filter((source) => typeof source !== 'string');
  const [source] = sources;
  if (source && sources.length === 1) return source;
  const noFlag = `container "${VMCP_CONTAINER}" has no --config flag with an absolute path that can be resolved from the Pod spec`;
  const [only = noFlag] = found;
  if (typeof only === 'string' && (named || found.length === 1))
    return { reason: 'config-not-mounted', message: only };
  const count = sources.length === 0 ? 'no container has' : `${sources.length} containers have`;
  return {
    reason: 'config-container-unknown',
    message: `${count} a --config flag that leads to a ConfigMap; name the container of the vMCP "${VMCP_CONTAINER}"`,
  };
}
