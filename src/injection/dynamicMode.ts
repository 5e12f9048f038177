import type { GroupMembers, NamespaceView } from '../catalog/catalog.ts';
import { authSecrets } from '../toolhive/authSecrets.ts';
import { normalise, SECRET_HEADER_PREFIX } from '../toolhive/names.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { ANNOTATION_LIMIT, annotationBytes } from './config/size.ts';
import { REPORT_ANNOTATION, VMCP_CONTAINER } from './contract.ts';
import { PodEditor } from './pod/editor.ts';
import { generatedVariables } from './pod/ownerEnv.ts';
import type { EnvVar, Pod } from './pod/pod.ts';
import { reportText } from './report/report.ts';
import { makeCaVolumesOptional } from './volumes/caBundles.ts';

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
      for (const { prefix } of config ? authSecrets(config) : [])
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

/** The variables that the operator generated for members of the group and that may be optional. */
function optionalVariables(
  env: readonly EnvVar[],
  members: GroupMembers,
  server: VirtualMcpServer | undefined,
  view: NamespaceView,
): ReadonlySet<string> {
  const templateVariables = server?.templateVariables ?? [];
  const generated = generatedVariables(env, { kind: 'operator', templateVariables });
  const ofMembers = memberAuthVariables(members, server, view);
  return new Set(
    [...generated].filter((name) => name.startsWith(SECRET_HEADER_PREFIX) || ofMembers.has(name)),
  );
}

/**
 * Makes optional, in an operator-made Pod in dynamic mode, what the operator mounted for entries and set for members'
 * Secrets, so that none of them can keep the Pod from starting. The vMCP watches its group itself and needs no more.
 * Returns the same object when nothing changes. Pure; on its own result it changes nothing.
 */
export function planDynamic(
  pod: Pod,
  view: NamespaceView,
  group: string,
  server: VirtualMcpServer | undefined,
): Pod {
  const container = pod.spec.containers.find(({ name }) => name === VMCP_CONTAINER);
  if (!container) return pod;
  const editor = new PodEditor(pod, container);
  makeCaVolumesOptional(editor);
  editor.makeOptional(optionalVariables(editor.env, view.members(group), server, view));
  if (editor.pod === pod) return pod;
  const report = { group, mode: 'dynamic', backends: [], leftOut: [], notes: [] } as const;
  const text = reportText({ ...report, base: undefined, placeholder: false });
  const annotations = { ...editor.annotations, [REPORT_ANNOTATION]: text };
  if (annotationBytes(annotations) <= ANNOTATION_LIMIT) editor.annotate(annotations);
  return editor.pod;
}
