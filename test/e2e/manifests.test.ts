import { expect, it } from 'vitest';
import { describeOnCluster } from './harness/cluster.ts';
import {
  isWebhookConfiguration,
  type Manifest,
  needsCertManager,
  plainObjects,
  rendered,
} from './harness/installation.ts';

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
        'cert-manager.io/inject-ca-from': 'vmcp-admission/vmcp-admission',
      });
  });

  it('fail closed, but for what is never denied, and never about kube-system or their own namespace', async () => {
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
                values: ['kube-system', 'vmcp-admission'],
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

describeOnCluster('the overlays of deploy/', ({ kubectl, newNamespace }) => {
  const overlay = (name: string) => rendered(kubectl, `deploy/overlays/${name}`);

  it.each(['fail-open', 'secrets', 'namespaced', 'without-cert-manager'])(
    '%s renders what the API server takes',
    async (name) => {
      const namespace = await newNamespace();
      // The example namespace of the overlay stands for a namespace of the user, which has to exist.
      const objects = JSON.stringify((await overlay(name)).filter((object) => !needsCertManager(object)));
      const here = JSON.parse(objects.replaceAll('"team-a"', `"${namespace}"`));
      const result = await kubectl.apply(here, '--server-side', '--force-conflicts', '--dry-run=server');
      expect(result).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('fail-open lets everything pass while the webhook does not answer', async () => {
    const webhooks = (await overlay('fail-open'))
      .filter(isWebhookConfiguration)
      .flatMap((configuration) => configuration.webhooks);
    expect(webhooks).toHaveLength(6);
    expect(new Set(webhooks.map((webhook) => webhook.failurePolicy))).toEqual(new Set(['Ignore']));
  });

  it('secrets adds nothing to the rights but to get Secrets', async () => {
    const names = (await overlay('secrets')).filter((object) => object.kind === 'ClusterRole');
    expect(names).toMatchObject([
      { metadata: { name: 'vmcp-admission' } },
      {
        metadata: { name: 'vmcp-admission-secrets' },
        rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
      },
    ]);
  });

  it('namespaced grants the same rights in its namespace and none in the cluster', async () => {
    const objects = await overlay('namespaced');
    const clusterRole = (await rendered(kubectl)).find((object) => object.kind === 'ClusterRole');
    expect(objects.filter((object) => object.kind.startsWith('ClusterRole'))).toEqual([]);
    const role = objects.find((object) => object.kind === 'Role');
    expect(role).toMatchObject({ metadata: { namespace: 'team-a' }, rules: clusterRole?.rules });
    for (const configuration of objects.filter(isWebhookConfiguration))
      for (const webhook of configuration.webhooks)
        expect(webhook).toMatchObject({
          namespaceSelector: { matchExpressions: [{ operator: 'In', values: ['team-a'] }] },
        });
  });

  it('without-cert-manager has nothing of cert-manager', async () => {
    expect(JSON.stringify(await overlay('without-cert-manager'))).not.toContain('cert-manager');
  });
});
