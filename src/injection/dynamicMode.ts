import type { GroupMembers, NamespaceView } from '../catalog/catalog.ts';
import { authSecrets } from '../rules/authVariables.ts';
import { normalise } from '../toolhive/names.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { REPORT_ANNOTATION } from './contract.ts';
import { relaxed } from './pod/env.ts';
import type { Container, EnvVar, Pod } from './pod/pod.ts';
import { reportText } from './report/report.ts';
import { relaxCaVolumes } from './volumes/caBundles.ts';

const SECRET_HEADER_PREFIX = 'TOOLHIVE_SECRET_HEADER_FORWARD_';

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
 * An operator-made Pod in dynamic mode, in which the vMCP watches its group itself: what the operator mounted for entries
 * and set for members' Secrets becomes optional, so that one of them cannot keep the Pod from starting (gap R3). The same
 * object when there is nothing to relax. Pure; on its own result it changes nothing.
 */
export function relaxDynamic(
  pod: Pod,
  group: string,
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
  view: NamespaceView,
): Pod {
  const bundles = new Map(
    members.entries.flatMap(({ metadata, caBundle }) =>
      caBundle ? [[metadata.name, caBundle] as const] : [],
    ),
  );
  const variables = memberAuthVariables(members, server, view);
  const before = pod.spec.volumes ?? [];
  const volumes = relaxCaVolumes(before, bundles);
  const containers = pod.spec.containers.map((container) => relaxContainer(container, variables));
  const same =
    volumes.every((volume, index) => volume === before[index]) &&
    containers.every((container, index) => container === pod.spec.containers[index]);
  if (same) return pod;
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
    spec: { ...pod.spec, containers, volumes: [...volumes] },
  };
}
