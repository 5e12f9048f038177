/** As in addresses.ts; names have no documentation class. */
export type NameClass = 'always' | 'private' | 'service' | 'wildcard-dns' | 'public';

export interface NameVerdict {
  readonly class: NameClass;
  readonly what: string;
}

const SELF = 'the vMCP Pod itself';
const API_SERVER = 'the Kubernetes API server';
const METADATA = 'a cloud metadata service';

/** Names that are blocked with everything below them. ToolHive blocks a few of them; the others lead to the same hosts. */
const WITH_SUBDOMAINS: readonly (readonly [name: string, what: string])[] = [
  ['localhost', SELF],
  ['localhost.localdomain', SELF],
  ['localhost4.localdomain4', SELF],
  ['localhost6.localdomain6', SELF],
  ['kubernetes.default', API_SERVER],
  ['kubernetes.default.svc', API_SERVER],
  ['openshift.default', API_SERVER],
  ['openshift.default.svc', API_SERVER],
  ['kubernetes.docker.internal', API_SERVER],
  ['control-plane.minikube.internal', API_SERVER],
  ['metadata.google.internal', METADATA],
  ['metadata.goog', METADATA],
  ['metadata.tencentyun.com', METADATA],
  ['metadata.platformequinix.com', METADATA],
  ['metadata.packet.net', METADATA],
  ['metadata.oraclecloud.com', METADATA],
  ['metadata.exoscale.com', METADATA],
  ['metadata.azure.com', METADATA],
  ['metadata.azure.internal', METADATA],
  ['api.metadata.cloud.ibm.com', METADATA],
  ['rancher-metadata.rancher.internal', METADATA],
];

/**
 * Names that are an internal host only when nothing precedes them: in `service.namespace` they may be a namespace.
 * Sources: /etc/hosts as the kubelet, Debian, Red Hat, SUSE and macOS write it; `kubernetes.default` through the search
 * list of a Pod; the clouds' resolvers (`data-server`: CloudStack's virtual router, as cloud-init looks for it).
 */
const ALONE: ReadonlyMap<string, string> = new Map([
  ...[
    'localhost4',
    'localhost6',
    'ip6-localhost',
    'ip6-loopback',
    'ipv6-localhost',
    'ipv6-loopback',
    'loopback',
    'broadcasthost',
  ].map((name) => [name, SELF] as const),
  ...[
    'ip6-localnet',
    'ip6-mcastprefix',
    'ip6-allnodes',
    'ip6-allrouters',
    'ip6-allhosts',
    'ipv6-localnet',
    'ipv6-mcastprefix',
    'ipv6-allnodes',
    'ipv6-allrouters',
    'ipv6-allhosts',
  ].map((name) => [name, 'a local multicast address of the hosts file'] as const),
  ['kubernetes', API_SERVER],
  ['openshift', API_SERVER],
  ['metadata', METADATA],
  ['instance-data', METADATA],
  ['data-server', METADATA],
  ['rancher-metadata', METADATA],
]);

/** Families of names: the API server under another cluster domain, and EC2's regional metadata names. */
const FAMILIES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(?:[^.]+\.)*(?:kubernetes|openshift)\.default\.svc\./, API_SERVER],
  [/^instance-data\.(?:[^.]+\.)*internal$/, METADATA],
];

/** The cluster domain that ToolHive treats as private. */
const CLUSTER_DOMAIN = 'cluster.local';
/** `<service>.<namespace>.svc`, which the search list of a Pod completes with the cluster domain. There is no such TLD. */
const SERVICE_DOMAIN = 'svc';

function isOrBelow(host: string, name: string): boolean {
  const before = host.length - name.length;
  return host.endsWith(name) && (before === 0 || host[before - 1] === '.');
}

/**
 * `service.namespace` whose namespace cannot be a top-level domain: one letter, or a digit or hyphen in it, except for
 * punycode. Source: RFC 3696 section 2. A namespace such as `apps` says nothing: it may be a top-level domain one
 * day, as `dev` and `app` are today.
 */
const SERVICE_AND_NAMESPACE = /^[^.]+\.(?!xn--)(?:[a-z]|[a-z0-9_-]*[0-9_-][a-z0-9_-]*)$/;

const NOT_PRIVATE = 'though ToolHive only treats names under cluster.local as private';

/** What a name means that leads to a Service by the search list of a Pod; undefined for every other name. */
function serviceBySearchList(host: string): string | undefined {
  if (!host.includes('.'))
    return `a Service in the namespace of this object (the DNS search list of a Pod completes it), ${NOT_PRIVATE}`;
  if (isOrBelow(host, SERVICE_DOMAIN)) return `a Service of this cluster, ${NOT_PRIVATE}`;
  return SERVICE_AND_NAMESPACE.test(host)
    ? `not a name of the public DNS: the search list of a Pod completes it to a Service of this cluster, ${NOT_PRIVATE}`
    : undefined;
}

/** Public DNS zones that answer with an address written in the name, or with loopback. */
const WILDCARD_DNS = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'xip.name',
  'backname.io',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'localho.st',
  'fuf.me',
  'traefik.me',
  'local.gd',
  '1u.ms',
  'rbndr.us',
] as const;

/** The names of all classes, for rules in another language. */
export const HOST_NAMES = {
  withSubdomains: WITH_SUBDOMAINS.map(([name]) => name),
  alone: [...ALONE.keys()],
  families: FAMILIES.map(([pattern]) => pattern.source.replaceAll('(?:', '(')),
  clusterDomain: CLUSTER_DOMAIN,
  /** Names that the search list of a Pod completes to those of Services. */
  services: ['[.]svc$', '^[a-z0-9_-]+$', '^[^.]+[.]([a-z]|[a-z0-9_-]*[0-9_-][a-z0-9_-]*)$'],
  /** A last label in punycode, which is not one of these. */
  punycode: '[.]xn--[^.]*$',
  wildcardDns: WILDCARD_DNS,
} as const;

/** The class of a canonical host name. No DNS query is made: its answer could change between review and call. */
export function classifyName(host: string): NameVerdict {
  const what =
    ALONE.get(host) ??
    WITH_SUBDOMAINS.find((row) => isOrBelow(host, row[0]))?.[1] ??
    FAMILIES.find((row) => row[0].test(host))?.[1];
  if (what !== undefined) return { class: 'always', what };
  if (isOrBelow(host, CLUSTER_DOMAIN))
    return { class: 'private', what: 'inside the cluster (cluster.local)' };
  const service = serviceBySearchList(host);
  if (service !== undefined) return { class: 'service', what: service };
  if (WILDCARD_DNS.some((zone) => isOrBelow(host, zone)))
    return {
      class: 'wildcard-dns',
      what: 'in a public zone that can answer with any address, internal ones too',
    };
  return { class: 'public', what: '' };
}

/** True when a setting's host pattern covers the host: `example.com` itself, `*.example.com` everything below it. */
export function matchesHostPattern(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
