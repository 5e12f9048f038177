import { join } from 'node:path';
import type { Programs } from '../prepare/programs.ts';
import { ADDRESS } from './network.ts';
import { NODE, type User } from './settings.ts';

/** A program of the node and its arguments. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const ETCD = 'http://127.0.0.1:2379';
const PEER = 'http://127.0.0.1:2380';

function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([flag, value]) => `--${flag}=${value}`);
}

/** What starts first: etcd, the API server and containerd. They need no kubeconfig. */
export function firstCommands(programs: Programs, folder: string): readonly Command[] {
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
    'advertise-address': ADDRESS,
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
    { name: 'containerd', program: 'containerd', args: ['--config', file('containerd.toml')] },
  ];
}

/** What starts when there are kubeconfigs: the controllers, the scheduler, kube-proxy and the kubelet. */
export function laterCommands(programs: Programs, folder: string): readonly Command[] {
  const file = (name: string) => join(folder, name);
  const as = (user: User) => ({ kubeconfig: file(`${user}.kubeconfig`) });
  const controllers = flags({
    ...as('kcm'),
    'service-account-private-key-file': file('sa.key'),
    'root-ca-file': file('certs/apiserver.crt'),
    'use-service-account-credentials': 'true',
    'leader-elect': 'false',
  });
  const proxy = flags({
    ...as('proxy'),
    'hostname-override': NODE,
    'proxy-mode': 'nftables',
    'cluster-cidr': '10.88.0.0/16',
    // 0: these settings of the kernel stay as they are.
    'conntrack-max-per-core': '0',
    'conntrack-tcp-timeout-established': '0s',
    'conntrack-tcp-timeout-close-wait': '0s',
  });
  const kubelet = flags({
    ...as('kubelet'),
    config: file('kubelet.yaml'),
    'root-dir': file('kubelet'),
    'cert-dir': file('kubelet/pki'),
    'hostname-override': NODE,
    'node-ip': ADDRESS,
  });
  return [
    { name: 'kube-controller-manager', program: programs['kube-controller-manager'], args: controllers },
    {
      name: 'kube-scheduler',
      program: programs['kube-scheduler'],
      args: flags({ ...as('scheduler'), 'leader-elect': 'false' }),
    },
    { name: 'kube-proxy', program: programs['kube-proxy'], args: proxy },
    { name: 'kubelet', program: programs.kubelet, args: kubelet },
  ];
}
