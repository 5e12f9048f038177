import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { CA_BUNDLE_ROOT, operatorCaVolumeName } from '../../toolhive/names.ts';
import { type CaBundleRef, caBundleKey } from '../../toolhive/serverEntry.ts';
import { isLabel } from '../contract.ts';
import type { Backend, CaMount } from '../discovery/backend.ts';
import type { Volume, VolumeMount } from '../pod/pod.ts';

const PREFIX = 'ca-bundle-';
/** `ca-bundle-` + 20 + `-` + 32 hex digits are the 63 characters of a DNS label. */
const KEPT_OF_NAME = 20;
const HASH_DIGITS = 32;
/** Paths that `normalize` changes, but for slashes at the end. */
const NOT_PLAIN = /\/\/|(?:^|\/)\.\.?(?:\/|$)|^$/;

/** A served backend with a CA bundle. */
interface Mounted {
  readonly entry: string;
  readonly ca: CaMount;
}

/** Where the bundle of an entry is mounted; the vMCP's config names a file below it. */
export function caDirectory(entry: string): string {
  return posix.join(CA_BUNDLE_ROOT, entry);
}

/** The path in the vMCP's config. */
export function caPath(entry: string, ca: CaMount): string {
  return posix.join(caDirectory(entry), ca.file);
}

function hashed(entry: string, attempt: number): string {
  const readable = entry
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, KEPT_OF_NAME)
    .replace(/-+$/, '');
  const salted = attempt === 0 ? entry : `${entry}\n${attempt}`;
  const hash = createHash('sha256').update(salted).digest('hex').slice(0, HASH_DIGITS);
  return `${PREFIX}${readable === '' ? '' : `${readable}-`}${hash}`;
}

/**
 * A volume name for every entry: always a DNS label, never the same for two entries nor one that is `taken`. The
 * operator's own name where that is possible, so that its volume is reused; else (gaps N1, N2) a part of the entry's
 * name and a hash of all of it. Independent of the order of `entries`.
 */
export function caVolumeNames(
  entries: readonly string[],
  taken: (volume: string, entry: string) => boolean,
): ReadonlyMap<string, string> {
  const sorted = [...new Set(entries)].sort();
  const wishes = new Map<string, number>();
  for (const entry of sorted) {
    const wish = operatorCaVolumeName(entry);
    wishes.set(wish, (wishes.get(wish) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  for (const entry of sorted) {
    const wish = operatorCaVolumeName(entry);
    if (isLabel(wish) && wishes.get(wish) === 1 && !taken(wish, entry)) names.set(entry, wish);
  }
  const used = new Set(names.values());
  for (const entry of sorted) {
    if (names.has(entry)) continue;
    let attempt = 0;
    while (used.has(hashed(entry, attempt)) || taken(hashed(entry, attempt), entry)) attempt++;
    names.set(entry, hashed(entry, attempt));
    used.add(hashed(entry, attempt));
  }
  return names;
}

/** The directory of a mount, written in one way. */
function directoryOf({ mountPath }: VolumeMount): string {
  const path = NOT_PLAIN.test(mountPath) ? posix.normalize(mountPath) : mountPath;
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}

/** The first index of each key. */
function firstIndices<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const indices = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    const key = keyOf(item);
    if (!indices.has(key)) indices.set(key, index);
  }
  return indices;
}

/** A list that is filled up: elements are found by a key, replaced in place, or appended. */
class Keyed<T> {
  readonly list: T[];
  readonly #indices: Map<string, number>;

  constructor(list: readonly T[], keyOf: (item: T) => string) {
    this.list = [...list];
    this.#indices = firstIndices(list, keyOf);
  }

  get(key: string): T | undefined {
    const index = this.#indices.get(key);
    return index === undefined ? undefined : this.list[index];
  }

  put(key: string, item: T): void {
    const index = this.#indices.get(key) ?? this.list.length;
    this.#indices.set(key, index);
    this.list[index] = item;
  }
}

/** The directories at which each volume of ours or the operator's is mounted. */
function caDirectories(mounts: readonly VolumeMount[]): ReadonlyMap<string, readonly string[]> {
  const directories = new Map<string, string[]>();
  for (const mount of mounts) {
    if (!mount.name.startsWith(PREFIX)) continue;
    const before = directories.get(mount.name);
    if (before) before.push(directoryOf(mount));
    else directories.set(mount.name, [directoryOf(mount)]);
  }
  return directories;
}

function caVolume(existing: Volume | undefined, name: string, ca: CaMount): Volume {
  return {
    ...existing,
    name,
    configMap: {
      ...existing?.configMap,
      name: ca.configMap,
      items: [{ key: ca.key, path: ca.file }],
      optional: true,
    },
  };
}

export interface VolumesAndMounts {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

/** A read-only mount of the whole volume, since a `subPath` that stood there would hide the file. */
function caVolumeMount(existing: VolumeMount | undefined, name: string, directory: string): VolumeMount {
  const { subPath: _, subPathExpr: __, ...kept } = existing ?? { name, mountPath: directory };
  return { ...kept, name, readOnly: true };
}

/**
 * Volumes and read-only mounts for the CA bundles of the served entries; operator's own ones are corrected in place.
 * @param others the volumes that other containers of the Pod use: none of them is changed
 */
export function withCaVolumes(
  pod: VolumesAndMounts,
  backends: readonly Backend[],
  others: ReadonlySet<string>,
): VolumesAndMounts {
  const mounted: Mounted[] = backends.flatMap(({ name, ca }) => (ca ? [{ entry: name, ca }] : []));
  if (mounted.length === 0) return pod;
  const volumes = new Keyed(pod.volumes, ({ name }) => name);
  const mounts = new Keyed(pod.mounts, directoryOf);
  const directories = caDirectories(pod.mounts);
  const bundles = new Map(mounted.map(({ entry, ca }) => [entry, ca]));
  const names = caVolumeNames(
    [...bundles.keys()],
    // A volume of the name can be taken over when it is a ConfigMap's and is used for this entry's bundle or for nothing.
    (name, entry) => {
      const volume = volumes.get(name);
      if (!volume) return false;
      const own = caDirectory(entry);
      if (!volume.configMap || (directories.get(name) ?? []).some((directory) => directory !== own))
        return true;
      const ca = bundles.get(entry);
      return others.has(name) && !(ca && isDeepStrictEqual(volume, caVolume(volume, name, ca)));
    },
  );
  for (const { entry, ca } of mounted) {
    const name = names.get(entry) ?? operatorCaVolumeName(entry);
    const directory = caDirectory(entry);
    volumes.put(name, caVolume(volumes.get(name), name, ca));
    mounts.put(directory, caVolumeMount(mounts.get(directory), name, directory));
  }
  return { volumes: volumes.list, mounts: mounts.list };
}

/**
 * What the operator mounted for entries, made optional so that a missing ConfigMap does not keep the Pod from starting
 * (gap R3), and given the ConfigMap that the entry names now (gap S7).
 * @param bundles the CA bundle of every entry of the group, also of those that are not served, by entry name
 */
export function relaxCaVolumes(
  volumes: readonly Volume[],
  bundles: ReadonlyMap<string, CaBundleRef>,
): readonly Volume[] {
  const byVolume = new Map([...bundles].map(([entry, ref]) => [operatorCaVolumeName(entry), ref]));
  return volumes.map((volume) => {
    const source = volume.configMap;
    if (!source || !volume.name.startsWith(PREFIX)) return volume;
    const now = byVolume.get(volume.name);
    const item = source.items?.length === 1 ? source.items[0] : undefined;
    const name = now && isObjectName(now.name) ? now.name : source.name;
    // The file name stays, since the path to it stands in a config that may not be ours to change.
    const items = item && now ? [{ ...item, key: caBundleKey(now) }] : source.items;
    if (source.optional === true && name === source.name && item?.key === items?.[0]?.key) return volume;
    return { ...volume, configMap: { ...source, name, items, optional: true } };
  });
}
