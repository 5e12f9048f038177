import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { writeServingCertificate } from '../support/certificates.ts';
import { post } from '../support/post.ts';
import { ProcessScope } from '../support/processes.ts';
import { reviewOf } from '../support/reviews.ts';
import { startWebhook } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';

const AUDIENCE = 'vmcp-admission-e2e';

describeOnCluster('a webhook that asks for tokens', ({ kubectl, newNamespace, admin }) => {
  async function token(namespace: string, account: string, ...more: string[]): Promise<string> {
    return (await kubectl.ok(['create', 'token', account, '-n', namespace, ...more])).trim();
  }

  /** The kubeconfig of the ServiceAccount that deploy/ makes, with nothing but its own rights. */
  async function shippedAccount(folder: string): Promise<string> {
    const config = parse(await readFile(admin.kubeconfig, 'utf8'));
    config.users[0].user = { token: await token('vmcp-admission', 'vmcp-admission') };
    const file = join(folder, 'kubeconfig');
    await writeFile(file, stringify(config));
    return file;
  }

  it('verifies those of the API server with the keys that it publishes, and writes nothing for it', async () => {
    const namespace = await newNamespace();
    for (const name of ['caller', 'stranger'])
      await kubectl.ok(['create', 'serviceaccount', name, '-n', namespace]);
    const scope = await ProcessScope.create('vmcp-admission-tokens');
    onTestFinished(() => scope.close());
    const certDir = join(scope.dir, 'tls');
    const ca = await writeServingCertificate(certDir);
    const started = await startWebhook({
      scope,
      flags: [
        ...['--kubeconfig', await shippedAccount(scope.dir), '--cert-dir', certDir],
        ...['--client-token-audience', AUDIENCE],
        ...['--client-token-subjects', `system:serviceaccount:${namespace}:caller`],
      ],
    });
    const webhook = await started.untilReady();
    expect(await (await fetch(`${webhook.healthUrl}/readyz`)).text()).toContain('[+]caller-tokens ok');
    const object = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: { name: 'asked', namespace },
      spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'team' } },
    };
    const review = reviewOf(object);
    const ask = (bearer?: string) =>
      post(
        `${webhook.url}/validate`,
        ca,
        review,
        bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      );
    const good = await token(namespace, 'caller', '--audience', AUDIENCE);
    expect(await ask(good)).toMatchObject({ kind: 'AdmissionReview', response: { allowed: true } });
    const refused = { kind: 'Status', code: 401 };
    expect(await ask()).toMatchObject(refused);
    expect(await ask(await token(namespace, 'caller'))).toMatchObject(refused);
    expect(await ask(await token(namespace, 'stranger', '--audience', AUDIENCE))).toMatchObject(refused);
    expect(await ask(`${good.slice(0, -8)}AAAAAAAA`)).toMatchObject(refused);
    expect(webhook.process.log()).not.toContain(good.split('.')[2]);
  });
});
