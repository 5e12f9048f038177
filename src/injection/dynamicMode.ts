import type { GroupMembers, NamespaceView } from '../catalog/catalog.ts';
import { authSecrets } from '../rules/authVariables.ts';
import { normalise, SECRET_HEADER_PREFIX } from '../toolhive/names.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { REPORT_ANNOTATION, VMCP_CONTAINER } from './contract.ts';
import { relaxed } from './pod/env.ts';
import type { Container, EnvVar, Pod } from './pod/pod.ts';
import { reportText } from './report/report.ts';
import { relaxCaVolumes } from './volumes/caBundles.ts';
import { volumeUses } from './volumes/volumeUse.ts';

/** The variables that the operator makes from the members' auth configs, without those that the vMCP itself names. */
function memberAuthVariables(
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
  view: NamespaceView,
): ReadonlySet<string> {
  const own = new Set<string | undefined>([
    server?.defaultAuth?.authConfig,
    ...Object.values(server?.backendAuth ?? {}).map(({ authConfig }) => authConfig),
  ]);
  const names = (wanted: (config: string) => boolean, configs: Iterable<string | undefined>) => {
    const variables = new Set<string>();
    for (const name of configs) {
      const config = name !== undefined && wanted(name) ? view.authConfig(name) : undefined;
      for (const [prefix] of config ? authSecrets(config) : [])
        variables.add(prefix + normalise(config?.metadata.name ?? ''));
    }
    return variables;
  };
  const all = [...members.servers, ...members.remoteProxies, ...members.entries];
  const ofMembers = names(
    (config) => !own.has(config),
    all.map(({ authConfig }) => authConfig),
  );
  const ofServer = names(() => true, own);
  return new Set([...ofMembers].filter((name) => !ofServer.has(name)));
}

function relaxContainer(container: Container, variables: ReadonlySet<string>): Container {
  const env: readonly EnvVar[] = container.env ?? [];
  const changed = env.map((item) =>
    item.name.startsWith(SECRET_HEADER_PREFIX) || variables.has(item.name) ? relaxed(item) : item,
  );
  return changed.every((item, index) => item === env[index]) ? container : { ...container, env: changed };
}

/**
 * Makes optional, in an operator-made Pod in dynamic mode, what the operator mounted for entries and set for members'
 * Secrets, so that none of them can keep the Pod from starting. The vMCP watches its group itself and needs no more.
 * Returns the same object when nothing changes. Pure; on its own result it changes nothing.
 */
export function relaxDynamic(
  pod: Pod,
  group: string,
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
  view: NamespaceView,
): Pod {
  const at = pod.spec.containers.findIndex(({ name }) => name === VMCP_CONTAINER);
  const container = pod.spec.containers[at];
  if (!container) return pod;
  const before = pod.spec.volumes ?? [];
  const volumes = relaxCaVolumes(before, volumeUses(pod, at));
  const changed = relaxContainer(container, memberAuthVariables(members, server, view));
  if (changed === container && volumes.every((volume, index) => volume === before[index])) return pod;
  const report = { group, mode: 'dynamic', backends: [], leftOut: [], notes: [] } as const;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: {
        ...pod.metadata?.annotations,
        [REPORT_ANNOTATION]: reportText({ ...report, base: undefined, placeholder: false }),
      },
    },
    spec: { ...pod.spec, containers: pod.spec.containers.with(at, changed), volumes: [...volumes] },
  };
}
