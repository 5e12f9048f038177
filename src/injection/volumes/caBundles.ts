import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CA_BUNDLE_ROOT, operatorCaVolumeName } from '../../toolhive/names.ts';
import { isLabel } from '../contract.ts';
import type { Backend, CaMount } from '../discovery/backend.ts';
import type { Volume, VolumeMount } from '../pod/pod.ts';
import type { Note } from '../report/reasons.ts';
import { directoryOf, ELSEWHERE, type VolumeUses } from './volumeUse.ts';

const PREFIX = 'ca-bundle-';
/** `ca-bundle-` + 20 + `-` + 32 hex digits are the 63 characters of a DNS label. */
const KEPT_OF_NAME = 20;
const HASH_DIGITS = 32;
const HASHED = /^ca-bundle-(?:.*-)?[0-9a-f]{32}$/;

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

/** True for a volume that the operator or an earlier pass made for the CA bundle of the entry, as far as its name tells. */
function isMadeFor(entry: string, name: string, volume: Volume | undefined): boolean {
  const named = name === operatorCaVolumeName(entry) || HASHED.test(name);
  return named && (volume === undefined || Boolean(volume.configMap));
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

/** True when a volume can be given the CA bundle: it is a ConfigMap that nothing but the entry's directory uses. */
function canTakeOver(volume: Volume, { entry, ca }: Mounted, uses: VolumeUses): boolean {
  if (!volume.configMap) return false;
  const directory = caDirectory(entry);
  if ((uses.get(volume.name) ?? []).every((use) => use === directory)) return true;
  return isDeepStrictEqual(volume, caVolume(volume, volume.name, ca));
}

function foreignMountNote(entry: string, volume: string): Note {
  return {
    kind: 'MCPServerEntry',
    name: entry,
    reason: 'ca-unverified',
    message: `the container mounts volume "${volume}" at ${caDirectory(entry)} itself; that volume was left as it is and not verified`,
  };
}

/**
 * Volumes and read-only mounts for the CA bundles of the served entries. What the operator made for one entry alone is
 * corrected in place. A volume that is used for anything else is never changed: the entry gets one of its own. A mount
 * that somebody else put at the directory of an entry stays, and the entry is served with what it holds.
 */
export function withCaVolumes(
  pod: VolumesAndMounts,
  backends: readonly Backend[],
  uses: VolumeUses,
): VolumesAndMounts & { readonly notes: readonly Note[] } {
  const volumes = new Keyed(pod.volumes, ({ name }) => name);
  const mounts = new Keyed(pod.mounts, directoryOf);
  const mounted: Mounted[] = [];
  const notes: Note[] = [];
  for (const { name: entry, ca } of backends) {
    const there = ca && mounts.get(caDirectory(entry))?.name;
    if (there !== undefined && !isMadeFor(entry, there, volumes.get(there)))
      notes.push(foreignMountNote(entry, there));
    else if (ca) mounted.push({ entry, ca });
  }
  if (mounted.length === 0) return { ...pod, notes };
  const byEntry = new Map(mounted.map((each) => [each.entry, each]));
  const names = caVolumeNames([...byEntry.keys()], (name, entry) => {
    const volume = volumes.get(name);
    const each = byEntry.get(entry);
    return volume !== undefined && !(each && canTakeOver(volume, each, uses));
  });
  for (const { entry, ca } of mounted) {
    const name = names.get(entry) ?? operatorCaVolumeName(entry);
    const directory = caDirectory(entry);
    volumes.put(name, caVolume(volumes.get(name), name, ca));
    mounts.put(directory, caVolumeMount(mounts.get(directory), name, directory));
  }
  return { volumes: volumes.list, mounts: mounts.list, notes };
}

/** True for a use that the operator makes of the volume: in the vMCP container, at the directory of the entry it is for. */
function isOperatorsUse(volume: string, use: string | typeof ELSEWHERE): boolean {
  if (use === ELSEWHERE || !use.startsWith(`${CA_BUNDLE_ROOT}/`)) return false;
  return volume === operatorCaVolumeName(use.slice(CA_BUNDLE_ROOT.length + 1));
}

/**
 * Makes what the operator mounted for entries optional, so that a missing ConfigMap does not keep the Pod from starting.
 * Only volumes that have the operator's name for the entry at whose directory the vMCP container mounts them, and that are
 * used for nothing else. Volumes that stay the same are the same objects.
 */
export function relaxCaVolumes(volumes: readonly Volume[], uses: VolumeUses): readonly Volume[] {
  return volumes.map((volume) => {
    const source = volume.configMap;
    const used = uses.get(volume.name) ?? [];
    if (!source || source.optional === true || used.length === 0) return volume;
    if (!used.every((use) => isOperatorsUse(volume.name, use))) return volume;
    return { ...volume, configMap: { ...source, optional: true } };
  });
}
