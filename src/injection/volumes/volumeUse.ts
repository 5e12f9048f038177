import { isRecord } from '../../kubernetes/record.ts';
import type { Pod } from '../pod/pod.ts';

function namesIn(container: unknown, list: 'volumeMounts' | 'volumeDevices', names: Set<string>): void {
  const uses = isRecord(container) ? container[list] : undefined;
  if (!Array.isArray(uses)) return;
  for (const use of uses) if (isRecord(use) && typeof use.name === 'string') names.add(use.name);
}

/** The volumes that containers of a Pod use, init and ephemeral ones too, apart from the container at an index. */
export function volumesOfOthers({ spec }: Pod, container: number): ReadonlySet<string> {
  const { initContainers, ephemeralContainers } = spec as Readonly<Record<string, unknown>>;
  const names = new Set<string>();
  const others = spec.containers.filter((_, index) => index !== container);
  for (const list of [others, initContainers, ephemeralContainers])
    for (const each of Array.isArray(list) ? list : []) {
      namesIn(each, 'volumeMounts', names);
      namesIn(each, 'volumeDevices', names);
    }
  return names;
}
