import { type KubernetesObject, nameOf, namespaceOf } from '../kubernetes/object.ts';
import { isObjectName } from '../kubernetes/objectNames.ts';
import { itemsAt, textAt, valueAt } from '../kubernetes/record.ts';

/** What makes the Pods of a vMCP anew: a workload, or the Pod itself when nothing does. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The kinds whose Pods `kubectl rollout restart` replaces. */
const RESTARTED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

const KIND = /^[A-Za-z0-9]{1,63}$/;

/** The name of the Deployment of a ReplicaSet, which ends in the hash of the Pod template. */
function deploymentOf(replicaSet: string, hash: string | undefined): string | undefined {
  return hash !== undefined && replicaSet.endsWith(`-${hash}`)
    ? replicaSet.slice(0, -hash.length - 1)
    : undefined;
}

/**
 * The workload that made a Pod, as far as the Pod tells. Source: the label of Kubernetes' deployment controller. The author
 * of a Pod can write any text into its owners, and the API server accepts it. An owner whose name is not a valid object name
 * is ignored, because a person runs the command that the name would be in.
 */
export function workloadOf(pod: KubernetesObject): Workload {
  const namespace = namespaceOf(pod);
  const owners = itemsAt(pod, 'metadata', 'ownerReferences').map(([, owner]) => owner);
  const owner = owners.find((one) => valueAt(one, 'controller') === true);
  const kind = textAt(owner, 'kind');
  const name = textAt(owner, 'name');
  if (kind === undefined || name === undefined || !KIND.test(kind) || !isObjectName(name))
    return { kind: 'Pod', namespace, name: nameOf(pod) };
  const hash = textAt(pod, 'metadata', 'labels', 'pod-template-hash');
  const deployment = kind === 'ReplicaSet' ? deploymentOf(name, hash) : undefined;
  return deployment === undefined
    ? { kind, namespace, name }
    : { kind: 'Deployment', namespace, name: deployment };
}

/** `deployment/team -n apps`, as kubectl takes it. */
export function workloadText({ kind, namespace, name }: Workload): string {
  return `${kind.toLowerCase()}/${name} -n ${namespace}`;
}

/**
 * The command that replaces the Pods of a workload. Namespace and cluster stand before the Pods, of which a message may cut some.
 * @param flags how kubectl finds the cluster, each after a space
 */
export function restartCommand(workload: Workload, pods: readonly string[], flags = ''): string {
  return RESTARTED.has(workload.kind)
    ? `kubectl rollout restart ${workloadText(workload)}${flags}`
    : `kubectl delete pod -n ${workload.namespace}${flags} ${pods.join(' ')}`;
}
