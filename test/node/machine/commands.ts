import { join } from 'node:path';
import type { Programs } from '../prepare/programs.ts';
import { FIRST } from './network.ts';
import type { NodeSettings, User } from './settings.ts';

/** A program of the node and its arguments. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const ETCD = 'http://127.0.0.1:2379';
const PEER = 'http://127.0.0.1:2380';

const RESTARTED = 'while :; do "$0" "$@"; sleep 1; done';

function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([flag, value]) => `--${flag}=${value}`);
}

/** etcd and the API server, which need no kubeconfig. */
export function serverCommands(programs: Programs, folder: string): readonly Command[] {
  const file = (name: string) => join(folder, name);
  const etcd = flags({
    'data-dir': file('etcd'),
    'unsafe-no-fsync': 'true',
    'log-level': 'error',
    'listen-client-urls': ETCD,
    'advertise-client-urls': ETCD,
    'listen-peer-urls': PEER,
    'initial-advertise-peer-urls': PEER,
    'initial-cluster': `default=${PEER}`,
  });
  const apiServer = flags({
    'etcd-servers': ETCD,
    'advertise-address': FIRST.address,
    'secure-port': '6443',
    'cert-dir': file('certs'),
    'token-auth-file': file('tokens.csv'),
    'service-cluster-ip-range': '10.0.0.0/24',
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': file('sa.pub'),
    'service-account-signing-key-file': file('sa.key'),
  });
  return [
    { name: 'etcd', program: programs.etcd, args: etcd },
    { name: 'kube-apiserver', program: programs['kube-apiserver'], args: apiServer },
  ];
}

/** The kubeconfig of a user, as a flag. */
function as(user: User, folder: string): { readonly kubeconfig: string } {
  return { kubeconfig: join(folder, `${user}.kubeconfig`) };
}

/** The controllers and the scheduler. `folder` has the kubeconfigs. */
export function controllerCommands(programs: Programs, folder: string): readonly Command[] {
  const controllers = flags({
    ...as('kcm', folder),
    'service-account-private-key-file': join(folder, 'sa.key'),
    'root-ca-file': join(folder, 'certs/apiserver.crt'),
    'use-service-account-credentials': 'true',
    'leader-elect': 'false',
  });
  const scheduler = flags({ ...as('scheduler', folder), 'leader-elect': 'false' });
  return [
    { name: 'kube-controller-manager', program: programs['kube-controller-manager'], args: controllers },
    { name: 'kube-scheduler', program: programs['kube-scheduler'], args: scheduler },
  ];
}

/** containerd, kube-proxy and the kubelet of a node. `folder` has the kubeconfigs. */
export function nodeCommands(programs: Programs, folder: string, node: NodeSettings): readonly Command[] {
  const { name, address } = node;
  const file = (path: string) => join(node.folder, path);
  const proxy = flags({
    ...as('proxy', folder),
    'hostname-override': name,
    'proxy-mode': 'nftables',
    'cluster-cidr': '10.88.0.0/16',
    // 0: these settings of the kernel stay as they are.
    'conntrack-max-per-core': '0',
    'conntrack-tcp-timeout-established': '0s',
    'conntrack-tcp-timeout-close-wait': '0s',
  });
  const kubelet = flags({
    ...as(name, folder),
    config: file('kubelet.yaml'),
    'root-dir': file('kubelet'),
    'cert-dir': file('kubelet/pki'),
    'hostname-override': name,
    'node-ip': address,
  });
  return [
    { name: `${name}-containerd`, program: 'containerd', args: ['--config', file('containerd.toml')] },
    { name: `${name}-kube-proxy`, program: programs['kube-proxy'], args: proxy },
    // As under systemd: the kubelet ends when containerd is not ready yet, and is started again.
    { name: `${name}-kubelet`, program: 'sh', args: ['-c', RESTARTED, programs.kubelet, ...kubelet] },
  ];
}
