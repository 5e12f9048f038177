import { expect, it } from 'vitest';
import { cliProcess } from '../support/cli.ts';
import {
  isWebhookConfiguration,
  type Manifest,
  type WebhookConfiguration,
  withComponents,
} from '../support/cluster/installation.ts';
import { describeOnCluster } from './harness/cluster.ts';

const APPLY = [
  'apply',
  '--server-side',
  '--field-manager=vmcp-admission-certs',
  '--dry-run=server',
  '-o',
  'json',
  '-f',
  '-',
];

const certs = async () => (await cliProcess(['certs'])).stdout;

describeOnCluster('what vmcp-admission certs prints', ({ kubectl }) => {
  it('is taken by kubectl apply --server-side, and changes nothing in the configurations but their caBundle', async () => {
    const printed = await certs();
    const { items } = JSON.parse(await kubectl.ok([...APPLY, '--force-conflicts'], printed)) as {
      items: Manifest[];
    };
    expect(items.map(({ kind }) => kind)).toEqual([
      'ValidatingWebhookConfiguration',
      'MutatingWebhookConfiguration',
      'Secret',
    ]);
    for (const configuration of items.filter(isWebhookConfiguration)) {
      const [stored] = [
        await kubectl.get<WebhookConfiguration & Manifest>(configuration.kind, 'vmcp-admission'),
      ];
      const without = ({ webhooks }: WebhookConfiguration) =>
        webhooks.map(({ clientConfig: { caBundle: _caBundle, ...client }, ...webhook }) => ({
          ...webhook,
          client,
        }));
      expect(without(configuration)).toEqual(without(stored));
      for (const [index, { clientConfig }] of configuration.webhooks.entries())
        expect(clientConfig.caBundle).not.toBe(stored.webhooks[index]?.clientConfig.caBundle);
    }
  });

  it('makes the Secret that the Deployment of the component without-cert-manager mounts', async () => {
    const objects = await withComponents(kubectl, ['without-cert-manager']);
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('cert-manager.io/'))).toEqual([]);
    const deployment = JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'));
    expect(deployment).toContain('"secretName":"vmcp-admission-tls"');
    expect(await certs()).toContain('name: vmcp-admission-tls');
  });
});
