import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeServingCertificate } from '../support/certificates.ts';
import { kubeconfig } from '../support/cluster/controlPlane.ts';
import { callingUrl, isWebhookConfiguration, rendered } from '../support/cluster/installation.ts';
import { ProcessScope } from '../support/processes.ts';
import { startWebhook } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';

/** An entry that every rule accepts, for the webhook with the failurePolicy of its label. */
function entry(namespace: string, policy: string) {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'fine', namespace, labels: { policy } },
    spec: { remoteUrl: 'https://mcp.example.com/mcp', transport: 'sse', groupRef: { name: 'team' } },
  };
}

describeOnCluster('a webhook that has not read the cluster', ({ kubectl, newNamespace, until }) => {
  /** A `serve` whose API server does not exist, so that it never has a decision about an entry. */
  async function startUnread() {
    const scope = await ProcessScope.create('vmcp-admission-unread');
    onTestFinished(() => scope.close());
    const certDir = join(scope.dir, 'tls');
    const ca = await writeServingCertificate(certDir);
    const nowhere = join(scope.dir, 'kubeconfig');
    await writeFile(nowhere, kubeconfig('https://127.0.0.1:1', ca, 'token'));
    const flags = ['--kubeconfig', nowhere, '--cert-dir', certDir];
    const { url, metric } = await startWebhook({ scope, flags });
    const series = 'vmcp_admission_reviews_total{webhook="validate",operation="CREATE",outcome="errored"}';
    return { url, ca, errors: () => metric(series) };
  }

  it('leaves the decision to failurePolicy', async () => {
    const namespace = await newNamespace();
    const { url, ca, errors } = await startUnread();
    const shipped = (await rendered(kubectl))
      .filter(isWebhookConfiguration)
      .find(({ kind }) => kind === 'ValidatingWebhookConfiguration');
    if (shipped === undefined) throw new Error('deploy/ has no ValidatingWebhookConfiguration');
    const [first] = callingUrl(shipped, url, ca).webhooks;
    const webhooks = ['Fail', 'Ignore'].map((failurePolicy) => ({
      ...first,
      name: `${failurePolicy.toLowerCase()}.vmcp-admission.dev`,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      objectSelector: { matchLabels: { policy: failurePolicy } },
      timeoutSeconds: 1,
      failurePolicy,
    }));
    const name = `unread-${namespace}`;
    onTestFinished(async () => {
      await kubectl.run(['delete', 'validatingwebhookconfiguration', name]);
    });
    await kubectl.ok(['create', '-f', '-'], [{ ...shipped, metadata: { name }, webhooks }]);
    const create = (policy: string) =>
      kubectl.run(['create', '--dry-run=server', '-f', '-'], [entry(namespace, policy)]);
    await until(
      'the API server calls the webhook',
      async () => (await create('Fail')).code === 1 || undefined,
    );
    expect(await create('Fail')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has not read the cluster's ToolHive objects yet"),
    });
    const before = await errors();
    expect(await create('Ignore')).toMatchObject({ code: 0 });
    expect(await errors()).toBe(before + 1);
  });
});
