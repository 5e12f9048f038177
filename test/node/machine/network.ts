import { writeFile } from 'node:fs/promises';
import type { Tools } from '../prepare/packages.ts';
import { command } from '../support/command.ts';

/** The address of the node. The API server does not accept one of the loopback interface. */
export const ADDRESS = '172.30.0.2';
const GATEWAY = '172.30.0.1';

/** Gives the network namespace of the tests an interface and a default route, which leads nowhere. */
export async function connect(): Promise<void> {
  const commands = [
    'link set lo up',
    'link add node0 type veth peer name node0peer',
    'link set node0 up',
    'link set node0peer up',
    `addr add ${ADDRESS}/24 dev node0`,
    `route add default via ${GATEWAY}`,
  ];
  for (const line of commands) await command('ip', line.split(' '));
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

/** Takes away what kube-proxy and the CNI plugins left in the network, as a power cut does. */
export async function forget(tools: Tools): Promise<void> {
  await command('nft', ['flush', 'ruleset'], { env: tools.env });
  await command('ip', ['link', 'delete', 'cni0']).catch(() => undefined);
}
