import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { handshake } from '../support/cluster/handshake.ts';
import type { WebhookConfiguration } from '../support/cluster/installation.ts';
import { runLoad } from '../support/load.ts';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import { NAMESPACE, replicas } from './support/webhook.ts';

const PORT = 10_250;
const IN_NAMESPACE = ['-n', NAMESPACE];
/** Longer than a kubelet takes; 28 to 69 seconds were seen. */
const KUBELET_MS = 150_000;

interface Job {
  readonly spec: { readonly template: { readonly spec: { readonly containers: { args: string[] }[] } } };
}

const text = (base64 = '') => Buffer.from(base64, 'base64').toString();

/** Runs the CronJob's Job now, with further flags, to its end. */
async function runJob({ kubectl }: Node, name: string, ...flags: readonly string[]): Promise<void> {
  const from = [
    'create',
    'job',
    name,
    '--from=cronjob/vmcp-admission-certs',
    '--dry-run=client',
    '-o',
    'json',
  ];
  const job = JSON.parse(await kubectl.ok([...from, ...IN_NAMESPACE])) as Job;
  job.spec.template.spec.containers[0]?.args.push(...flags);
  await kubectl.ok(['create', ...IN_NAMESPACE, '-f', '-'], [job]);
  await kubectl.ok(['wait', ...IN_NAMESPACE, `job/${name}`, '--for=condition=Complete', '--timeout=120s']);
}

/** The CAs that the API server trusts. */
async function trusted({ kubectl }: Node): Promise<string> {
  const { webhooks } = await kubectl.get<WebhookConfiguration>(
    'mutatingwebhookconfiguration',
    'vmcp-admission',
  );
  return text(webhooks[0]?.clientConfig.caBundle);
}

async function issued({ kubectl }: Node): Promise<string> {
  const { data } = await kubectl.get<{ data: Record<string, string> }>(
    'secret',
    'vmcp-admission-certs',
    ...IN_NAMESPACE,
  );
  return new X509Certificate(text(data['tls.crt'])).serialNumber;
}

const count = (bundle: string) => bundle.split('BEGIN CERTIFICATE').length - 1;

/** Certificates that renew themselves, with a kubelet between the Secret and the replicas. */
export function rotated(get: () => Node): void {
  describe('a new CA and certificate', () => {
    it('reach the replicas, and no call is lost, nor a new connection refused', async () => {
      const node = get();
      const addresses = (await replicas(node)).map(({ status }) => status.podIP);
      const served = new Map<string, string>();
      let over = false;
      const connecting = runLoad({ rate: 5, goOn: () => !over, workers: 2 }, async (index) => {
        const host = addresses[index % addresses.length] ?? '';
        const servername = 'vmcp-admission.vmcp-admission.svc';
        served.set(host, await handshake({ host, port: PORT, ca: await trusted(node), servername }));
      });
      const calls = await underLoad(await node.apiServer(), async () => {
        const before = count(await trusted(node));
        await runJob(node, 'renew', '--renew=ca');
        expect(count(await trusted(node))).toBe(before + 1);
        const serial = await issued(node);
        const all = () => addresses.every((host) => served.get(host) === serial) || undefined;
        await until('every replica serves it', all, { withinMs: KUBELET_MS });
        await runJob(node, 'retire', '--grace=1s');
        expect(count(await trusted(node))).toBe(1);
      }).finally(() => {
        over = true;
      });
      expect([...calls.reasons]).toEqual([]);
      expect([...(await connecting).reasons]).toEqual([]);
    });
  });
}
