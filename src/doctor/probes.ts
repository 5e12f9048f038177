import type { V1LabelSelector } from '@kubernetes/client-node';
import { TOOLHIVE_GROUP } from '../toolhive/kinds.ts';
import type { Shipped } from './facts.ts';
import { type Labels, NAMESPACE_LABEL, selects } from './selector.ts';

/** Names of the dry runs: nothing is ever stored under them. */
const PREFIX = 'vmcp-admission-doctor-';

/** A dry run: what is sent where. */
export interface DryRun {
  readonly path: string;
  readonly body: object;
}

function dryRun(collection: string): string {
  return `${collection}?dryRun=All&fieldManager=vmcp-admission-doctor`;
}

/** An entry that ToolHive's CRD takes and the webhook denies: its URL is that of the metadata service of a cloud. */
export function badEntry(namespace: string, version: string): DryRun {
  return {
    path: dryRun(`/apis/${TOOLHIVE_GROUP}/${version}/namespaces/${namespace}/mcpserverentries`),
    body: {
      apiVersion: `${TOOLHIVE_GROUP}/${version}`,
      kind: 'MCPServerEntry',
      metadata: { generateName: PREFIX },
      spec: {
        remoteUrl: 'http://169.254.169.254/latest/meta-data',
        transport: 'streamable-http',
        groupRef: { name: 'vmcp-admission-doctor' },
      },
    },
  };
}

function pod(namespace: string, metadata: object, spec: object): DryRun {
  return {
    path: dryRun(`/api/v1/namespaces/${namespace}/pods`),
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: PREFIX, ...metadata }, spec },
  };
}

/** A self-managed vMCP Pod of a group that does not exist: the webhook refuses it, or warns when a setting lets it pass. */
export function badPod(namespace: string, { pod: { securityContext } }: Shipped): DryRun {
  const metadata = {
    labels: { 'vmcp-admission.dev/inject': 'enabled' },
    annotations: { 'vmcp-admission.dev/group': 'vmcp-admission-doctor' },
  };
  const container = {
    name: 'vmcp',
    image: 'vmcp',
    args: ['--config=/etc/vmcp-config/config.yaml'],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
  return pod(namespace, metadata, { securityContext, containers: [container] });
}

/** A Pod like those of the installation, to hear whether the namespace takes it. The ServiceAccount does not exist yet. */
export function installedPod(
  namespace: string,
  { pod: { serviceAccountName: _account, volumes: _volumes, containers, ...spec } }: Shipped,
): DryRun {
  const plain = containers.map(({ volumeMounts: _mounts, ...container }) => container);
  return pod(
    namespace,
    { labels: { 'app.kubernetes.io/name': PREFIX.slice(0, -1) } },
    { ...spec, containers: plain },
  );
}

/** A namespace with its labels. */
export interface Labelled {
  readonly name: string;
  readonly labels: Labels;
}

/**
 * A namespace that the webhook is asked about, for the dry runs: one that is there and fits the selector, `default` before
 * others, and when none fits. When namespaces cannot be listed it is one that the selector names, else `default`.
 */
export function probeNamespace(
  selector: V1LabelSelector | undefined,
  namespaces: readonly Labelled[] | undefined,
): string {
  const fitting = (namespaces ?? [])
    .filter(({ labels }) => selects(selector, labels))
    .map(({ name }) => name);
  if (fitting.includes('default')) return 'default';
  if (namespaces !== undefined) return fitting[0] ?? 'default';
  const named = selector?.matchExpressions?.find(
    ({ key, operator }) => key === NAMESPACE_LABEL && operator === 'In',
  )?.values;
  return named?.[0] ?? 'default';
}
