import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { IMAGES } from '../prepare/images.ts';
import type { Tools } from '../prepare/packages.ts';
import { REGISTRY } from './network.ts';

/** A node of the cluster: its name, its place in the network, and what it may write to. */
export interface NodeSettings {
  readonly name: 'node1' | 'node2';
  readonly address: string;
  /** The range of its Pods' addresses. */
  readonly pods: string;
  readonly folder: string;
  readonly cgroup: string;
}

/** A user of the API server. Its token is also the name of its kubeconfig. */
interface Account {
  readonly token: User;
  readonly user: string;
  readonly group: string;
}

export type User = 'admin' | 'node1' | 'node2' | 'kcm' | 'scheduler' | 'proxy';

export const USERS: readonly Account[] = [
  { token: 'admin', user: 'admin', group: 'system:masters' },
  { token: 'node1', user: 'system:node:node1', group: 'system:nodes' },
  { token: 'node2', user: 'system:node:node2', group: 'system:nodes' },
  { token: 'kcm', user: 'system:kube-controller-manager', group: '' },
  { token: 'scheduler', user: 'system:kube-scheduler', group: '' },
  { token: 'proxy', user: 'system:kube-proxy', group: '' },
];

function containerd(folder: string, plugins: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  # Without CAP_SYS_RESOURCE runc may not set an oom_score_adj below its own.
  restrict_oom_score_adj = true
  sandbox_image = "${IMAGES.pause}"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${folder}/registries"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`;
}

/** The registry of the tests speaks plain HTTP. */
const HOSTS = `server = "http://${REGISTRY}"
[host."http://${REGISTRY}"]
  capabilities = ["pull", "resolve"]
`;

function kubelet({ folder, cgroup }: NodeSettings): object {
  const never = '0%';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    // Only the network namespace of the tests reaches it.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDomain: 'cluster.local',
    resolvConf: join(folder, 'resolv.conf'),
    // The disk is the machine's: nothing is evicted, and no image is collected.
    evictionHard: {
      'memory.available': never,
      'nodefs.available': never,
      'nodefs.inodesFree': never,
      'imagefs.available': never,
      'imagefs.inodesFree': never,
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}

function podNetwork(subnet: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet }]],
    dataDir: '/run/cni-ipam',
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [bridge] };
}

async function write(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

/** Writes the keys and tokens of the cluster. */
export async function writeClusterSettings(folder: string): Promise<void> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await write(folder, {
    'sa.key': keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'sa.pub': keys.publicKey.export({ type: 'spki', format: 'pem' }),
    'tokens.csv': USERS.map(({ token, user, group }) => `${token},${user},${token},"${group}"\n`).join(''),
  });
}

/** Writes the settings of containerd, the kubelet and the network plugin of a node. */
export async function writeNodeSettings(node: NodeSettings, tools: Tools): Promise<void> {
  const { folder, pods } = node;
  const registry = join('registries', REGISTRY);
  for (const name of ['containerd', 'kubelet', 'cni', 'log/pods', 'log/containers', registry])
    await mkdir(join(folder, name), { recursive: true });
  const unpacked = join(tools.folder, 'usr/lib/cni');
  await write(folder, {
    'resolv.conf': 'options ndots:5\n',
    'cni/10-pods.conflist': JSON.stringify(podNetwork(pods)),
    'kubelet.yaml': stringify(kubelet(node)),
    [join(registry, 'hosts.toml')]: HOSTS,
    'containerd.toml': containerd(folder, existsSync(unpacked) ? unpacked : '/usr/lib/cni'),
  });
}
