import type { Collection } from '../catalog/kubernetes/collections.ts';
import { INJECT, NAME_LABEL, OPERATOR_NAME } from '../injection/contract.ts';
import { mayBeVmcpPod } from '../injection/pod/selector.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/** The kinds that make Pods from a template, with the path to it. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A Pod of the input: written there, or made from a workload's template. */
export interface InputPod {
  readonly pod: unknown;
  /** Kind and name of the object of the input, for a person. */
  readonly origin: string;
  readonly fromTemplate: boolean;
}

/**
 * The Pod that a workload would make, with a fixed name in place of the random one, so that the same input gives the same
 * output and the result can be applied.
 */
function fromTemplate(kind: string, object: Fields, path: readonly string[]): unknown {
  let template: Fields | undefined = object;
  for (const segment of path) template = fields(template?.[segment]);
  if (!template) return undefined;
  const owner = fields(object.metadata);
  const metadata = fields(template.metadata) ?? {};
  const name = textOf(owner?.name) || textOf(owner?.generateName);
  const { namespace } = owner ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: kind === 'StatefulSet' ? `${name}-0` : `${name}-pod`,
      ...(textOf(namespace) !== '' && { namespace }),
    },
    spec: template.spec,
  };
}

/** The Pod that an object of the input is or makes; undefined for every other kind. Never throws. */
export function podOf(object: Fields): InputPod | undefined {
  const kind = textOf(object.kind);
  const origin = `${kind} ${textOf(fields(object.metadata)?.name) || textOf(fields(object.metadata)?.generateName)}`;
  if (kind === 'Pod' && object.apiVersion === 'v1') return { pod: object, origin, fromTemplate: false };
  const path = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
  const pod = path && fromTemplate(kind, object, path);
  return pod === undefined ? undefined : { pod, origin, fromTemplate: true };
}

/** True for a workload whose Pods may be vMCP Pods. */
function makesVmcpPods(object: KubernetesObject): boolean {
  return mayBeVmcpPod(podOf(object)?.pod);
}

/**
 * The workloads of a cluster that make vMCP Pods. ReplicaSets and Jobs are made by others, whose templates say the same.
 */
export const WORKLOAD_COLLECTIONS: readonly Collection[] = [
  { kind: 'Deployment', plural: 'deployments', apiVersions: ['apps/v1'], keep: makesVmcpPods },
  { kind: 'StatefulSet', plural: 'statefulsets', apiVersions: ['apps/v1'], keep: makesVmcpPods },
  { kind: 'DaemonSet', plural: 'daemonsets', apiVersions: ['apps/v1'], keep: makesVmcpPods },
  { kind: 'CronJob', plural: 'cronjobs', apiVersions: ['batch/v1'], keep: makesVmcpPods },
];

/** The vMCP Pods of a cluster. */
export const POD_COLLECTIONS: readonly Collection[] = [
  `${NAME_LABEL}=${OPERATOR_NAME}`,
  `${INJECT}=enabled`,
].map((labelSelector) => ({ kind: 'Pod', plural: 'pods', apiVersions: ['v1'], labelSelector }));
