import { describe, expect, it } from 'vitest';
import { POLICY, verdictOn } from './support.ts';

const HOST = 'remote-url-blocked-host';

const BLOCKED = [
  ...['localhost', 'foo.localhost', 'a.b.localhost', 'localhost.localdomain', 'localhost4', 'localhost6'],
  ...['localhost4.localdomain4', 'localhost6.localdomain6', 'x.localhost.localdomain', 'ip6-localhost'],
  ...['ip6-loopback', 'ipv6-localhost', 'ipv6-loopback', 'ip6-localnet', 'ip6-mcastprefix', 'ip6-allnodes'],
  ...['ip6-allrouters', 'ip6-allhosts', 'ipv6-allnodes', 'ipv6-allrouters', 'ipv6-allhosts', 'loopback'],
  ...[
    'broadcasthost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'foo.kubernetes.default',
  ],
  ...['kubernetes.default.svc.cluster.local', 'x.kubernetes.default.svc.cluster.local', 'openshift'],
  ...['kubernetes.default.svc.corp.example', 'kubernetes.default.svc.k8s.internal', 'openshift.default.svc'],
  ...[
    'kubernetes.docker.internal',
    'control-plane.minikube.internal',
    'metadata',
    'metadata.google.internal',
  ],
  ...['x.metadata.google.internal', 'metadata.goog', 'metadata.tencentyun.com', 'metadata.packet.net'],
  ...[
    'metadata.platformequinix.com',
    'api.metadata.cloud.ibm.com',
    'instance-data',
    'instance-data.ec2.internal',
  ],
  ...['data-server', 'metadata.exoscale.com', 'x.metadata.exoscale.com'],
  ...['instance-data.eu-west-1.compute.internal', 'rancher-metadata', 'rancher-metadata.rancher.internal'],
];

describe('names of internal hosts', () => {
  it.each(BLOCKED)('denies %s in any case, with a dot, a port, and with allowPrivateEndpoint', (name) => {
    const mixed = [...name].map((c, i) => (i % 2 === 0 ? c.toUpperCase() : c)).join('');
    for (const host of [
      name,
      name.toUpperCase(),
      mixed,
      `${name}.`,
      `${name}:8443`,
      `${name}.:80`,
      `${name}:`,
    ])
      for (const rest of ['', '/', '/mcp', '?x=1', '/a/b?c=d'])
        for (const allowPrivate of [false, true])
          expect(verdictOn(`https://${host}${rest}`, allowPrivate), host + rest).toEqual({
            denied: [HOST],
            warned: [],
          });
  });
});

describe('names of the cluster domain', () => {
  it.each([
    'cluster.local',
    'mcp.team.svc.cluster.local',
    'mcp.team.svc.cluster.local.',
    'MCP.Team.SVC.Cluster.Local',
    'pod-1.mcp.team.svc.cluster.local',
    '10-0-0-1.team.pod.cluster.local',
  ])('denies %s unless allowPrivateEndpoint is set', (host) => {
    expect(verdictOn(`http://${host}:8080/mcp`)).toEqual({ denied: ['remote-url-private'], warned: [] });
    expect(verdictOn(`http://${host}:8080/mcp`, true)).toEqual({ denied: [], warned: [] });
  });
});

describe('names of Services', () => {
  it.each([
    ...[
      'vault.vault.svc',
      'vault.vault.svc.',
      'Vault.Vault.SVC',
      'vault-0.vault.vault.svc',
      'mcp.default.svc',
    ],
    ...[
      'vault',
      'vault.',
      'VAULT',
      'mylocalhost',
      'localhost-1',
      'notlocalhost',
      'localhosts',
      'local',
      'svc',
      'default',
    ],
    ...[
      'kubernetes-mcp',
      'metadata-mcp',
      'mcp.data-server',
      'data-servers',
      'cluster-local',
      'a_b',
      '1password',
    ],
    ...['vault.kube-system', 'vault.team-1', 'Vault.Ns1.', 'a.b', 'mcp.xn-x'],
    ...[
      'default.svc',
      'data-server.team.svc',
      'mcp.openshift.svc',
      '127-0-0-1.apps.svc',
      'x.cluster.local.svc',
    ],
  ])('warns about %s unless allowPrivateEndpoint is set', (host) => {
    expect(verdictOn(`http://${host}:8200/mcp`)).toEqual({
      denied: [],
      warned: ['remote-url-cluster-service'],
    });
    expect(verdictOn(`http://${host}:8200/mcp`, true)).toEqual({ denied: [], warned: [] });
    const open = { ...POLICY, allowedHosts: ['*.svc', host.toLowerCase().replace(/\.$/, '')] };
    expect(verdictOn(`http://${host}:8200/mcp`, false, open)).toEqual({ denied: [], warned: [] });
  });
});

describe('names that only look like those', () => {
  it.each([
    ...['localhost.example.com'],
    ...[
      'kubernetes.io',
      'kubernetes.example.com',
      'mykubernetes.default',
      'kubernetes.team',
      'kubernetes.defaults',
    ],
    ...['mcp.kubernetes', 'mcp.default'],
    ...[
      'metadata.example.com',
      'metadata.team',
      'mcp.metadata',

      'mymetadata.google.internal.io',
    ],
    ...['xmetadata.google.internal', 'google.internal', 'mcp.google.internal', 'instance-data.example.com'],
    ...['data-server.team', 'data-server.example.com'],
    ...['exoscale.com', 'mcp.exoscale.com', 'mymetadata.exoscale.com', 'metadata.exoscale.com.io'],
    ...['vault.vault', 'mcp.dev', 'mcp.xn--p1ai', 'mcp.team-a.example', 'web-0.web.ns1', 'mcp.team-a.corp1'],
    ...['cluster.local.example.com', 'mycluster.local', 'cluster.locals', 'mcp.corp.local'],
    ...['loopback.example.com', 'openshift.example.com', 'docker.internal', 'tencentyun.com'],
    ...['kubernetes.default.example.com', 'nip.io.example.com', 'mynip.io', 'ip6-localhost.example.com'],
  ])('allows %s', (host) => {
    expect(verdictOn(`https://${host}/mcp`)).toEqual({ denied: [], warned: [] });
  });
});

describe('wildcard DNS', () => {
  it.each([
    ...[
      '127.0.0.1.nip.io',
      '10-0-0-1.nip.io',
      'mcp.7f000001.nip.io',
      '127.0.0.1.sslip.io',
      '127-0-0-1.sslip.io',
    ],
    ...[
      'foo.localtest.me',
      'localtest.me',
      'lvh.me',
      'a.lvh.me',
      'x.xip.io',
      'a.traefik.me',
      '1.1u.ms',
      'a.local.gd',
    ],
    ...['7f000001.c0a80001.rbndr.us', '127.0.0.1.NIP.IO', '127.0.0.1.nip.io.', 'x.vcap.me', 'x.fuf.me'],
  ])('warns of %s', (host) => {
    expect(verdictOn(`https://${host}/mcp`)).toEqual({ denied: [], warned: ['remote-url-wildcard-dns'] });
  });
});

describe('hosts of a policy', () => {
  const policy = (blockedHosts: string[], allowedHosts: string[]) => ({
    ...POLICY,
    blockedHosts,
    allowedHosts,
  });

  it('block a name, or everything below one', () => {
    const closed = policy(['bad.example.com', '*.evil.example'], []);
    for (const host of ['bad.example.com', 'BAD.example.com.', 'a.evil.example', 'a.b.evil.example'])
      expect(verdictOn(`https://${host}/`, true, closed).denied).toEqual(['remote-url-policy']);
    for (const host of ['evil.example', 'notevil.example', 'x.bad.example.com'])
      expect(verdictOn(`https://${host}/`, true, closed).denied).toEqual([]);
  });

  it('allow names of the cluster and of wildcard zones, never internal ones', () => {
    const open = policy(
      [],
      ['mcp.team.svc.cluster.local', '*.nip.io', 'localhost', 'metadata.google.internal'],
    );
    expect(verdictOn('http://mcp.team.svc.cluster.local/', false, open)).toEqual({ denied: [], warned: [] });
    expect(verdictOn('http://1-1-1-1.nip.io/', false, open)).toEqual({ denied: [], warned: [] });
    expect(verdictOn('http://localhost/', false, open).denied).toEqual([HOST]);
    expect(verdictOn('http://metadata.google.internal/', false, open).denied).toEqual([HOST]);
  });
});
