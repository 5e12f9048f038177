import { posix } from 'node:path';
import { isRecord } from '../../kubernetes/record.ts';
import type { Pod, VolumeMount } from '../pod/pod.ts';

/** Paths that `normalize` changes, except for slashes at the end. */
const NOT_PLAIN = /\/\/|(?:^|\/)\.\.?(?:\/|$)|^$/;

/** The mount path of a mount, cleaned, without a slash at the end. */
export function directoryOf({ mountPath }: VolumeMount): string {
  const path = NOT_PLAIN.test(mountPath) ? posix.normalize(mountPath) : mountPath;
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}

/** Stands for a use by another container, or as a device. */
export const ELSEWHERE = Symbol('elsewhere');

/** Every use of the volumes of a Pod by name: a directory in the vMCP container, or {@link ELSEWHERE}. */
export type VolumeUses = ReadonlyMap<string, readonly (string | typeof ELSEWHERE)[]>;

function namesIn(container: unknown, list: 'volumeMounts' | 'volumeDevices'): string[] {
  const uses = isRecord(container) ? container[list] : undefined;
  if (!Array.isArray(uses)) return [];
  return uses.flatMap((use) => (isRecord(use) && typeof use.name === 'string' ? [use.name] : []));
}

/** How all containers of a Pod use its volumes, init and ephemeral containers included. */
export function volumeUses({ spec }: Pod, vmcp: number): VolumeUses {
  const uses = new Map<string, (string | typeof ELSEWHERE)[]>();
  const add = (name: string, use: string | typeof ELSEWHERE) => {
    const before = uses.get(name);
    if (before) before.push(use);
    else uses.set(name, [use]);
  };
  const { initContainers, ephemeralContainers } = spec as Readonly<Record<string, unknown>>;
  const others = spec.containers.filter((_, index) => index !== vmcp);
  for (const list of [others, initContainers, ephemeralContainers])
    for (const container of Array.isArray(list) ? list : [])
      for (const field of ['volumeMounts', 'volumeDevices'] as const)
        for (const name of namesIn(container, field)) add(name, ELSEWHERE);
  const own = spec.containers[vmcp];
  for (const mount of own?.volumeMounts ?? []) add(mount.name, directoryOf(mount));
  for (const name of namesIn(own, 'volumeDevices')) add(name, ELSEWHERE);
  return uses;
}
