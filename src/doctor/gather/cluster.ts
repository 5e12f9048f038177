import type { V1Deployment, V1EndpointSlice, V1Node } from '@kubernetes/client-node';
import type { Send } from '../../apiClient/send.ts';
import { TOOLHIVE_GROUP } from '../../toolhive/kinds.ts';
import { found, type Read, readObject } from '../api.ts';
import type { ClusterFacts, ServedVersion } from '../facts.ts';

interface List<T> {
  readonly items: readonly T[];
}

/** Enough for every list that is read here; what comes behind it is not looked at. */
const LIMIT = 500;

/** Lists what has the labels. */
export async function readList<T>(send: Send, path: string, labels?: string): Promise<Read<readonly T[]>> {
  const selector = labels === undefined ? '' : `&labelSelector=${encodeURIComponent(labels)}`;
  const list = await readObject<List<T>>(send, `${path}?limit=${LIMIT}${selector}`);
  return list.state === 'found' ? found(list.value.items) : list;
}

interface Group {
  readonly versions: readonly { readonly version: string }[];
}

interface Resources {
  readonly resources: readonly { readonly name: string }[];
}

/** The versions of ToolHive's group with their resources. Discovery is open to every user. */
async function readToolhive(send: Send): Promise<Read<readonly ServedVersion[]>> {
  const path = `/apis/${TOOLHIVE_GROUP}`;
  const group = await readObject<Group>(send, path);
  if (group.state !== 'found') return group;
  const served: ServedVersion[] = [];
  for (const { version } of group.value.versions) {
    const read = await readObject<Resources>(send, `${path}/${version}`);
    if (read.state === 'unread') return read;
    if (read.state === 'found')
      served.push({ version, resources: read.value.resources.map(({ name }) => name) });
  }
  return found(served);
}

/** Reads what the checks ask about the cluster. */
export async function gatherCluster(send: Send, version: ClusterFacts['version']): Promise<ClusterFacts> {
  const deployments = '/apis/apps/v1/deployments';
  const [toolhive, certManager, caInjectors, operators, vmcps, nodes, apiServers] = await Promise.all([
    readToolhive(send),
    readObject<unknown>(send, '/apis/cert-manager.io/v1'),
    readList<V1Deployment>(send, deployments, 'app.kubernetes.io/component=cainjector'),
    readList<V1Deployment>(send, deployments, 'app.kubernetes.io/name=toolhive-operator'),
    readList<V1Deployment>(send, deployments, 'app.kubernetes.io/name=virtualmcpserver'),
    readList<V1Node>(send, '/api/v1/nodes'),
    readList<V1EndpointSlice>(
      send,
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      'kubernetes.io/service-name=kubernetes',
    ),
  ]);
  return { version, toolhive, certManager, caInjectors, operators, vmcps, nodes, apiServers };
}
