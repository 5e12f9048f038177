import { writeFile } from 'node:fs/promises';
import { command } from '../../support/command.ts';
import type { Tools } from '../prepare/packages.ts';

/** The first node, which has the network of the tests. The API server does not accept one of the loopback interface. */
export const FIRST = { address: '172.30.0.2', pods: '10.88.0.0/24' };
const GATEWAY = '172.30.0.1';
/** Where the tests may run a registry of images that both nodes reach. */
export const REGISTRY = `${FIRST.address}:5000`;

/** Runs `ip` in the network of the tests, or in that of a process. */
async function ip(line: string, process?: string): Promise<void> {
  const args = line.split(' ');
  if (process === undefined) await command('ip', args);
  else await command('nsenter', ['-t', process, '-n', 'ip', ...args]);
}

/** Gives the network namespace of the tests an interface and a default route, which leads nowhere. */
export async function connect(): Promise<void> {
  const commands = [
    'link set lo up',
    'link add node0 type veth peer name node0peer',
    'link set node0 up',
    'link set node0peer up',
    `addr add ${FIRST.address}/24 dev node0`,
    `route add default via ${GATEWAY}`,
  ];
  for (const line of commands) await ip(line);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

/** The second node. It has a network of its own and a cable to the first. */
export const SECOND = { address: '172.30.1.2', pods: '10.88.1.0/24' };
const SECOND_GATEWAY = '172.30.1.1';

/** Lays the cable between the network of the tests and that of a process. */
export async function connectSecond(process: string): Promise<void> {
  await ip(`link add node2 type veth peer name eth0 netns ${process}`);
  await ip('link set node2 up');
  await ip(`addr add ${SECOND_GATEWAY}/24 dev node2`);
  await ip('link set lo up', process);
  await ip('link set eth0 up', process);
  await ip(`addr add ${SECOND.address}/24 dev eth0`, process);
  await ip(`route add default via ${SECOND_GATEWAY}`, process);
  await ip(`route add ${SECOND.pods} via ${SECOND.address}`);
  const forward = ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'];
  await command('nsenter', ['-t', process, '-n', ...forward]);
}

/** Takes away what kube-proxy and the CNI plugins left in the network, as a power cut does. */
export async function forget(tools: Tools): Promise<void> {
  await command('nft', ['flush', 'ruleset'], { env: tools.env });
  for (const link of ['cni0', 'node2']) await command('ip', ['link', 'delete', link]).catch(() => undefined);
}
