import { expect, it } from 'vitest';
import {
  isWebhookConfiguration,
  type Manifest,
  plainObjects,
  rendered,
} from '../support/cluster/installation.ts';
import { describeOnCluster } from './harness/cluster.ts';

describeOnCluster('the manifests of deploy/', ({ kubectl, until, hasControllerManager }) => {
  /** What the API server would store of an object. */
  async function dryRun(object: Manifest): Promise<Manifest & Record<string, unknown>> {
    // Another name: applying onto the installed objects would show what is stored of those.
    const renamed = { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-dry` } };
    return JSON.parse(await kubectl.ok(['create', '--dry-run=server', '-o', 'json', '-f', '-'], [renamed]));
  }

  it('are taken by the API server without a warning', async () => {
    const result = await kubectl.run(
      ['apply', '--server-side', '--dry-run=server', '-f', '-'],
      plainObjects(await rendered(kubectl)),
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });

  it('write out every field that the API server would fill in, in both webhook configurations', async () => {
    const configurations = (await rendered(kubectl)).filter(isWebhookConfiguration);
    expect(configurations.map((object) => object.kind).sort()).toEqual([
      'MutatingWebhookConfiguration',
      'ValidatingWebhookConfiguration',
    ]);
    for (const configuration of configurations)
      expect((await dryRun(configuration)).webhooks).toEqual(configuration.webhooks);
  });

  it('leave caBundle to the CA injector', async () => {
    expect(JSON.stringify(await rendered(kubectl))).not.toContain('caBundle');
    for (const configuration of (await rendered(kubectl)).filter(isWebhookConfiguration))
      expect(configuration.metadata.annotations).toEqual({
        'admissions.enforcer/disabled': 'true',
        'argocd.argoproj.io/sync-wave': '1',
        'cert-manager.io/inject-ca-from': 'vmcp-admission/vmcp-admission',
      });
  });

  it('fail closed, but for what is never denied, and never about system namespaces or their own', async () => {
    for (const configuration of (await rendered(kubectl)).filter(isWebhookConfiguration))
      for (const webhook of configuration.webhooks)
        expect(webhook).toMatchObject({
          // A group's deletion is only warned about, so it must not depend on the webhook.
          failurePolicy: webhook.name === 'groups.vmcp-admission.dev' ? 'Ignore' : 'Fail',
          sideEffects: 'None',
          timeoutSeconds: 5,
          namespaceSelector: {
            matchExpressions: [
              {
                key: 'kubernetes.io/metadata.name',
                operator: 'NotIn',
                values: ['kube-system', 'kube-node-lease', 'kube-public', 'vmcp-admission'],
              },
            ],
          },
        });
  });

  it('make Pods that restricted Pod Security admits', async ({ skip }) => {
    if (!hasControllerManager) skip('there is no kube-controller-manager binary');
    const pods = await until('the Deployment has its Pods', async () => {
      const { items } = await kubectl.get<{ items: Manifest[] }>('pods', '-n', 'vmcp-admission');
      return items.length === 2 ? items : undefined;
    });
    expect(pods.map((pod) => pod.metadata.labels?.['app.kubernetes.io/name'])).toEqual([
      'vmcp-admission',
      'vmcp-admission',
    ]);
  });
});
