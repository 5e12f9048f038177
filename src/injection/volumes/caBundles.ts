import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { CA_BUNDLE_ROOT, operatorCaVolumeName } from '../../toolhive/names.ts';
import { isLabel } from '../contract.ts';
import type { Backend, CaMount } from '../discovery/backend.ts';
import type { PodEditor, VolumeUse } from '../pod/editor.ts';
import type { Volume, VolumeMount } from '../pod/pod.ts';
import type { Note } from '../report/reasons.ts';

const PREFIX = 'ca-bundle-';
/** `ca-bundle-` + 20 + `-` + 32 hex digits are the 63 characters of a DNS label. */
const KEPT_OF_NAME = 20;
const HASH_DIGITS = 32;
const HASHED = /^ca-bundle-(?:.*-)?[0-9a-f]{32}$/;

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

/** The names that the volume of an entry may have: the operator's, then ones with a hash of the entry's whole name. */
function* candidates(entry: string): Generator<string, never> {
  const plain = operatorCaVolumeName(entry);
  if (isLabel(plain)) yield plain;
  for (let attempt = 0; ; attempt++) yield hashed(entry, attempt);
}

/**
 * A volume name for every entry: always a DNS label, never the same for two entries, and never one that is `taken`. It is
 * the operator's own name where that is possible, so that its volume is reused. Independent of the order of `entries`.
 */
export function caVolumeNames(
  entries: readonly string[],
  taken: (volume: string, entry: string) => boolean,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const entry of entries.toSorted())
    for (const name of candidates(entry)) {
      if (used.has(name) || taken(name, entry)) continue;
      names.set(entry, name);
      used.add(name);
      break;
    }
  return names;
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

/** True when a volume can hold the bundle: a ConfigMap that nothing but the directory of the entry uses, or one that does. */
function canHold(volume: Volume, ca: CaMount, editor: PodEditor): boolean {
  if (!volume.configMap) return false;
  if (editor.usesOf(volume.name).every((use) => use === ca.directory)) return true;
  return isDeepStrictEqual(volume, caVolume(volume, volume.name, ca));
}

/** The volume that somebody else mounts at the directory of an entry: not one that the operator or an earlier pass made. */
function foreignVolumeAt({ directory }: CaMount, entry: string, editor: PodEditor): string | undefined {
  const name = editor.mountAt(directory)?.name;
  if (name === undefined) return undefined;
  const named = name === operatorCaVolumeName(entry) || HASHED.test(name);
  const volume = editor.volume(name);
  return named && (volume === undefined || volume.configMap) ? undefined : name;
}

function foreignMountNote(entry: string, { directory }: CaMount, volume: string): Note {
  return {
    kind: 'MCPServerEntry',
    name: entry,
    reason: 'ca-unverified',
    message: `the container mounts volume "${volume}" at ${directory} itself; that volume was left as it is and not verified`,
  };
}

/**
 * Mounts the CA bundles of the served entries, read-only. What the operator made for one entry alone is corrected in place.
 * A volume that is used for anything else is never changed: the entry gets one of its own. A mount that somebody else put
 * at the directory of an entry stays, and the vMCP reads the bundle from it: that is what the notes say.
 */
export function mountCaBundles(editor: PodEditor, backends: readonly Backend[]): readonly Note[] {
  const bundles = new Map<string, CaMount>();
  const notes: Note[] = [];
  for (const { name: entry, ca } of backends) {
    if (!ca) continue;
    const foreign = foreignVolumeAt(ca, entry, editor);
    if (foreign === undefined) bundles.set(entry, ca);
    else notes.push(foreignMountNote(entry, ca, foreign));
  }
  const names = caVolumeNames([...bundles.keys()], (name, entry) => {
    const volume = editor.volume(name);
    const ca = bundles.get(entry);
    return volume !== undefined && !(ca && canHold(volume, ca, editor));
  });
  for (const [entry, ca] of bundles) {
    const name = names.get(entry) ?? operatorCaVolumeName(entry);
    editor.putVolume(caVolume(editor.volume(name), name, ca));
    editor.putMount(caVolumeMount(editor.mountAt(ca.directory), name, ca.directory));
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
  for (const volume of editor.volumes) {
    const uses = editor.usesOf(volume.name);
    const { configMap } = volume;
    if (configMap && uses.length > 0 && uses.every((use) => isOperatorsUse(volume.name, use)))
      editor.putVolume({ ...volume, configMap: { ...configMap, optional: true } });
  }
}
