import { BlockList, isIPv6 } from 'node:net';
import type {
  V1EndpointSlice,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node';
import { known, type Read } from '../api.ts';
import type { Facts } from '../facts.ts';
import { failed, judge, ok, orOk, type Result, unknown, warning } from '../result.ts';
import { selects } from '../selector.ts';
import { podLabels, REVIEWS, reviewPort } from './network.ts';
import { few } from './registration.ts';

function portFits(
  { port, endPort, protocol = 'TCP' }: V1NetworkPolicyPort,
  number: number,
  names: readonly string[],
): boolean {
  if (protocol !== 'TCP') return false;
  if (typeof port === 'string') return names.includes(port);
  return (
    port === undefined || (endPort === undefined ? port === number : port <= number && number <= endPort)
  );
}

function allowsPort(
  ports: readonly V1NetworkPolicyPort[] | undefined,
  number: number,
  names: readonly string[] = [],
): boolean {
  return !ports?.length || ports.some((one) => portFits(one, number, names));
}

function holds(cidr: string, address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const [network = '', bits] = cidr.split('/');
  if (isIPv6(network) !== (family === 'ipv6')) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return range.check(address, family);
}

/** True when one of the peers is a range that holds the address. No peers at all are every address. */
function allowsAddress(peers: readonly V1NetworkPolicyPeer[] | undefined, address: string): boolean {
  if (!peers?.length) return true;
  return peers.some(
    ({ ipBlock: range }) =>
      range && holds(range.cidr, address) && !range.except?.some((cidr) => holds(cidr, address)),
  );
}

interface Way {
  readonly ports: readonly V1NetworkPolicyPort[] | undefined;
  readonly peers: readonly V1NetworkPolicyPeer[] | undefined;
}

function waysIn({ spec }: V1NetworkPolicy): Way[] | undefined {
  const applies = spec?.policyTypes?.includes('Ingress') ?? true;
  if (!applies) return undefined;
  // client-node calls the field `_from`; what the API server sends has `from`.
  const rules = (spec?.ingress ?? []) as readonly {
    ports?: V1NetworkPolicyPort[];
    from?: V1NetworkPolicyPeer[];
  }[];
  return rules.map(({ ports, from }) => ({ ports, peers: from }));
}

function waysOut({ spec }: V1NetworkPolicy): Way[] | undefined {
  const applies = spec?.policyTypes?.includes('Egress') ?? spec?.egress !== undefined;
  return applies ? (spec?.egress ?? []).map(({ ports, to }) => ({ ports, peers: to })) : undefined;
}

/** The ways of all policies that isolate the Pods in a direction; undefined when none does. */
function joined(ways: readonly (Way[] | undefined)[]): Way[] | undefined {
  const isolating = ways.filter((one) => one !== undefined);
  return isolating.length === 0 ? undefined : isolating.flat();
}

function ingressProblem(
  ways: readonly Way[] | undefined,
  port: number,
  apiServers: readonly string[],
): Result | undefined {
  if (ways === undefined) return undefined;
  const open = ways.filter(({ ports }) => allowsPort(ports, port, [REVIEWS]));
  if (open.length === 0) return failed(`no NetworkPolicy lets anything reach port ${port} of the replicas`);
  const reaches = (address: string) => open.some(({ peers }) => allowsAddress(peers, address));
  const shut = apiServers.filter((address) => !reaches(address));
  if (shut.length === 0) return undefined;
  return warning(
    `the NetworkPolicies let only some addresses reach port ${port}, and the API server's ${few(shut)} are not among them; it may call from others`,
  );
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

function endpointsOf(slices: Read<readonly V1EndpointSlice[]>): Endpoint[] {
  return (known(slices) ?? []).flatMap(({ ports = [], endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses }) =>
      addresses.flatMap((address) => ports.flatMap(({ port }) => (port ? [{ address, port }] : []))),
    ),
  );
}

function egressProblem(
  ways: readonly Way[] | undefined,
  apiServers: readonly Endpoint[],
): Result | undefined {
  if (ways === undefined) return undefined;
  const shut = apiServers.filter(
    ({ address, port }) =>
      !ways.some(({ ports, peers }) => allowsPort(ports, port) && allowsAddress(peers, address)),
  );
  if (shut.length === 0) return undefined;
  return failed(
    `no NetworkPolicy lets the replicas reach the API server at ${few(shut.map(({ address, port }) => `${address} port ${port}`))}`,
  );
}

/** Whether the NetworkPolicies of the namespace let reviews in, and the replicas read the API server. */
export function networkPolicy(facts: Facts): readonly Result[] {
  const { installation, cluster, target } = facts;
  const subject = `NetworkPolicies of namespace ${target.namespace}`;
  return judge(
    installation.networkPolicies,
    subject,
    (text) => ok(text),
    (policies) => {
      const labels = podLabels(facts);
      if (!labels)
        return [
          unknown(
            'the labels of the replicas cannot be read, so it is not known which NetworkPolicies apply',
          ),
        ];
      const own = policies.filter(({ spec }) => selects(spec?.podSelector, labels));
      const apiServers = endpointsOf(cluster.apiServers);
      const port = reviewPort(known(installation.deployment)?.spec?.template.spec);
      const problems = [
        ingressProblem(
          joined(own.map(waysIn)),
          port,
          apiServers.map(({ address }) => address),
        ),
        egressProblem(joined(own.map(waysOut)), apiServers),
      ].filter((result) => result !== undefined);
      return orOk(problems, 'NetworkPolicies let the reviews in and the API server be read');
    },
  );
}
