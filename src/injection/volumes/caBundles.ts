import { hash } from 'node:crypto';
import { isDnsLabel } from '../../kubernetes/objectNames.ts';
import { sameJson } from '../../kubernetes/record.ts';
import { CA_BUNDLE_ROOT, operatorCaVolumeName } from '../../toolhive/names.ts';
import type { Backend, CaMount } from '../discovery/backend.ts';
import { directoryOf, type PodEditor, type VolumeUse } from '../pod/editor.ts';
import type { Volume, VolumeMount } from '../pod/pod.ts';
import type { Note } from '../report/reasons.ts';

const PREFIX = 'ca-bundle-';
/** `ca-bundle-` + 20 + `-` + 32 hex digits are the 63 characters of a DNS label. */
const KEPT_OF_NAME = 20;
const HASH_DIGITS = 32;
const HASHED = /^ca-bundle-(?:.*-)?[0-9a-f]{32}$/;

/** @param entry a DNS subdomain, so it begins with a letter or a digit */
function hashed(entry: string, attempt: number): string {
  const label = entry
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, KEPT_OF_NAME)
    .replace(/-+$/, '');
  const salted = attempt === 0 ? entry : `${entry}\n${attempt}`;
  return `${PREFIX}${label}-${hash('sha256', salted).slice(0, HASH_DIGITS)}`;
}

/**
 * The volume name of an entry: a DNS label that is not taken. It is the operator's own name where that is possible, so that
 * its volume is reused, else one with a hash of the entry's whole name.
 */
export function caVolumeName(entry: string, isTaken: (volume: string) => boolean): string {
  const plain = operatorCaVolumeName(entry);
  if (isDnsLabel(plain) && !isTaken(plain)) return plain;
  for (let attempt = 0; ; attempt++) {
    const name = hashed(entry, attempt);
    if (!isTaken(name)) return name;
  }
}

function caVolume(existing: Volume | undefined, name: string, ca: CaMount): Volume {
  const items = [{ key: ca.key, path: ca.file }];
  return {
    ...existing,
    name,
    configMap: { ...existing?.configMap, name: ca.configMap, items, optional: true },
  };
}

/** A read-only mount of the whole volume, since a `subPath` that stood there would hide the file. */
function caVolumeMount(existing: VolumeMount | undefined, name: string, directory: string): VolumeMount {
  const { subPath: _, subPathExpr: __, ...kept } = existing ?? { name, mountPath: directory };
  return { ...kept, name, readOnly: true };
}

/**
 * True when the volume of a name can hold the bundle: one that is still to be made, a ConfigMap that nothing but the directory
 * of the entry uses, or one that does.
 */
function canHold(name: string, ca: CaMount, editor: PodEditor): boolean {
  const volume = editor.volumes.get(name);
  if (!volume) return true;
  if (!volume.configMap) return false;
  if (editor.usesOf(name).every((use) => use === ca.directory)) return true;
  return sameJson(volume, caVolume(volume, name, ca));
}

/** True for a mount that the operator, or an earlier pass of injection, made for the CA bundle of the entry. */
function isGenerated({ name }: VolumeMount, entry: string, editor: PodEditor): boolean {
  if (name !== operatorCaVolumeName(entry) && !HASHED.test(name)) return false;
  const volume = editor.volumes.get(name);
  return volume === undefined || Boolean(volume.configMap);
}

/** True for a mount below which the container runtime can make no directory. */
function isReadOnly({ name, readOnly }: VolumeMount, editor: PodEditor): boolean {
  const { configMap, secret, downwardAPI, projected } = editor.volumes.get(name) ?? {};
  return readOnly === true || Boolean(configMap ?? secret ?? downwardAPI ?? projected);
}

/**
 * Tells which mount of the owner is in the way of the CA bundle of an entry: one at its directory, inside of it, or a
 * read-only one above it. With another mount there, the container would not start, or the owner's file would be hidden.
 * Mounts are indexed once, since a Pod can have thousands of them.
 */
function ownersMounts(editor: PodEditor): (entry: string, ca: CaMount) => VolumeMount | undefined {
  const root = `${CA_BUNDLE_ROOT}/`;
  const inside = new Map<string, VolumeMount>();
  let above: VolumeMount | undefined;
  for (const mount of editor.mounts.items) {
    const at = `${directoryOf(mount)}/`;
    const [entry = '', ...more] = at.startsWith(root) ? at.slice(root.length, -1).split('/') : [];
    if (more.length > 0 && !inside.has(entry)) inside.set(entry, mount);
    if (root.startsWith(at) && isReadOnly(mount, editor)) above ??= mount;
  }
  return (entry, { directory }) => {
    const present = editor.mounts.get(directory);
    if (!present) return inside.get(entry) ?? above;
    return isGenerated(present, entry, editor) ? undefined : present;
  };
}

/**
 * Mounts the CA bundles of the served entries, read-only. What the operator made for one entry alone is corrected in place.
 * A volume that is used for anything else is never changed: the entry gets one of its own. A mount of the owner that is in
 * the way stays, and the vMCP reads the bundle from it. Returns a note for each such entry.
 * @param backends sorted by name, since the first of two entries takes a name that both could have
 */
export function mountCaBundles(editor: PodEditor, backends: readonly Backend[]): readonly Note[] {
  const given = new Set<string>();
  const notes: Note[] = [];
  const ownersMount = ownersMounts(editor);
  for (const { kind, name: entry, ca } of backends) {
    if (!ca) continue;
    const mount = ownersMount(entry, ca);
    if (mount) {
      const message = `the container mounts volume "${mount.name}" at ${directoryOf(mount)} itself; that volume was left as it is and not verified`;
      notes.push({ kind, name: entry, reason: 'ca-unverified', message });
      continue;
    }
    const name = caVolumeName(entry, (volume) => given.has(volume) || !canHold(volume, ca, editor));
    given.add(name);
    editor.volumes.put(caVolume(editor.volumes.get(name), name, ca));
    editor.mounts.put(caVolumeMount(editor.mounts.get(ca.directory), name, ca.directory));
  }
  return notes;
}

/** True for a use that the operator makes of a volume: at the directory of the entry for which it has its name. */
function isOperatorsUse(volume: string, use: VolumeUse): boolean {
  const prefix = `${CA_BUNDLE_ROOT}/`;
  return use?.startsWith(prefix) === true && volume === operatorCaVolumeName(use.slice(prefix.length));
}

/**
 * Makes optional what the operator mounted for entries, so that a missing ConfigMap does not keep the Pod from starting:
 * volumes with the operator's name for the entry at whose directory they are mounted, used for nothing else.
 */
export function makeCaVolumesOptional(editor: PodEditor): void {
  // Each name once: thousands of volumes of one name, with thousands of uses, took minutes.
  for (const name of new Set(editor.volumes.items.map((volume) => volume.name))) {
    const volume = editor.volumes.get(name);
    const uses = editor.usesOf(name);
    if (volume?.configMap && uses.length > 0 && uses.every((use) => isOperatorsUse(name, use)))
      editor.volumes.put({ ...volume, configMap: { ...volume.configMap, optional: true } });
  }
}
