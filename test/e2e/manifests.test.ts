import { expect, it } from 'vitest';
import { describeOnCluster } from './harness/cluster.ts';
import { isWebhookConfiguration, type Manifest, plainObjects, rendered } from './harness/installation.ts';

describeOnCluster('the manifests of deploy/', ({ kubectl }) => {
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
});
