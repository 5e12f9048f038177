import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { IMAGES } from '../prepare/images.ts';
import type { Tools } from '../prepare/packages.ts';

export const NODE = 'node1';

/** A user of the API server. Its token is also the name of its kubeconfig. */
interface Account {
  readonly token: User;
  readonly user: string;
  readonly group: string;
}

export type User = 'admin' | 'kubelet' | 'kcm' | 'scheduler' | 'proxy';

export const USERS: readonly Account[] = [
  { token: 'admin', user: 'admin', group: 'system:masters' },
  { token: 'kubelet', user: `system:node:${NODE}`, group: 'system:nodes' },
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
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`;
}

function kubelet(folder: string, cgroup: string): object {
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

const PODS = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.88.0.0/24' }]],
        dataDir: '/run/cni-ipam',
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

/** Writes the settings of all programs of the node, and the keys and tokens of the cluster, into the folder. */
export async function writeSettings(folder: string, cgroup: string, tools: Tools): Promise<void> {
  for (const name of ['containerd', 'kubelet', 'cni', 'log/pods', 'log/containers'])
    await mkdir(join(folder, name), { recursive: true });
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const unpacked = join(tools.folder, 'usr/lib/cni');
  const files = {
    'sa.key': keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'sa.pub': keys.publicKey.export({ type: 'spki', format: 'pem' }),
    'tokens.csv': USERS.map(({ token, user, group }) => `${token},${user},${token},"${group}"\n`).join(''),
    'resolv.conf': 'options ndots:5\n',
    'cni/10-pods.conflist': JSON.stringify(PODS),
    'kubelet.yaml': stringify(kubelet(folder, cgroup)),
    'containerd.toml': containerd(folder, existsSync(unpacked) ? unpacked : '/usr/lib/cni'),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}
