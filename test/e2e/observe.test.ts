import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { writeServingCertificate } from '../support/certificates.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import type { KubectlConfig } from '../support/cluster/kubectl.ts';
import { otlpSink } from '../support/otlpSink.ts';
import { ProcessScope } from '../support/processes.ts';
import { startWebhook } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const entry = (name: string, namespace: string) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name, namespace },
  spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'nobody' } },
});

/** Creates an object as the cluster admin, as a dry run within a trace; resolves to the status of the answer. */
async function createTraced({ kubeconfig }: KubectlConfig, path: string, body: object): Promise<number> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(`${path}?dryRun=All`, server),
      {
        method: 'POST',
        ca: Buffer.from(ca, 'base64'),
        headers: {
          authorization: `Bearer ${users[0].user.token}`,
          'content-type': 'application/json',
          traceparent: `00-${TRACE}-${SPAN}-01`,
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

describeOnCluster('what a webhook tells of itself', ({ kubectl, newNamespace, admin, until }) => {
  it('is a span below that of the API server, and the findings of what was stored before', async () => {
    const namespace = await newNamespace();
    await kubectl.ok(['create', '-f', '-'], [entry('stored', namespace)]);
    const scope = await ProcessScope.create('vmcp-admission-observe');
    onTestFinished(() => scope.close());
    const sink = otlpSink();
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void sink.server.close());
    const { port } = sink.server.address() as { port: number };
    const certDir = join(scope.dir, 'tls');
    const ca = await writeServingCertificate(certDir);
    const kubeconfig = await serviceAccountKubeconfig({ admin }, 'vmcp-admission', 'vmcp-admission');
    const started = await startWebhook({
      scope,
      flags: ['--kubeconfig', kubeconfig, '--cert-dir', certDir, '--stored-findings', 'serve'],
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_TRACES_SAMPLER: 'always_on',
      },
    });
    const webhook = await started.untilReady();

    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'traced.vmcp-admission.dev',
          clientConfig: { url: `${webhook.url}/validate`, caBundle: Buffer.from(ca).toString('base64') },
          rules: [
            {
              apiGroups: ['toolhive.stacklok.dev'],
              apiVersions: ['v1beta1'],
              operations: ['CREATE'],
              resources: ['mcpserverentries'],
            },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
        },
      ],
    };
    await kubectl.ok(['create', '-f', '-'], [configuration]);
    onTestFinished(() => void kubectl.run(['delete', 'validatingwebhookconfiguration', namespace]));
    const path = `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${namespace}/mcpserverentries`;
    const root = await until('a span of the review', async () => {
      expect(await createTraced(admin, path, entry('traced', namespace))).toBe(201);
      return sink.spans.find(({ name }) => name === 'review validate');
    });
    expect(root.parentSpanId).toMatch(/^[0-9a-f]{16}$/);
    // The API server's own span is between the caller's and this one.
    expect(root.parentSpanId).not.toBe(SPAN);
    const { serverVersion } = JSON.parse(await kubectl.ok(['version', '-o', 'json']));
    // Before 1.34 the API server begins a trace of its own, whoever calls.
    if (Number.parseInt(serverVersion.minor, 10) >= 34) expect(root.traceId).toBe(TRACE);
    expect(root.attributes).toMatchObject({
      'admission.kind': 'MCPServerEntry',
      'admission.namespace': namespace,
      'admission.name': 'traced',
      'admission.dry_run': true,
      'admission.rules': ['group-not-found'],
    });

    const report = await until('the findings are judged', async () => {
      const answer = await (await fetch(`${webhook.healthUrl}/findings`)).json();
      return (answer as { pending: boolean }).pending ? undefined : JSON.stringify(answer);
    });
    expect(report).toContain(`"namespace":"${namespace}","name":"stored"`);
    const series = 'vmcp_admission_stored_findings{rule="group-not-found"';
    expect(await webhook.metric(series)).toBeGreaterThan(0);
  });
});
