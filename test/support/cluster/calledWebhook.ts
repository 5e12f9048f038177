import { join } from 'node:path';
import { writeServingCertificate } from '../certificates.ts';
import type { ProcessScope } from '../processes.ts';
import { freePort, until } from '../wait.ts';
import { startWebhook, type WebhookProcess } from '../webhook.ts';
import { callingUrl, isWebhookConfiguration, type Manifest } from './installation.ts';
import type { Kubectl } from './kubectl.ts';

/** What a webhook process is started with. */
export interface WebhookOptions {
  readonly scope: ProcessScope;
  readonly kubectl: Kubectl;
  /** The rendered manifests whose webhook configurations are registered. */
  readonly manifests: readonly Manifest[];
  /** Kubeconfig of the identity that the webhook has. */
  readonly kubeconfig: string;
  /** More flags of `serve`. */
  readonly flags?: readonly string[];
}

/** A free port can be taken by somebody else before the webhook binds it. */
const ATTEMPTS = 5;

const PROBES = [
  {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'probe', namespace: 'default' },
    spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'probe' } },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'probe',
      namespace: 'default',
      labels: { 'app.kubernetes.io/name': 'virtualmcpserver' },
    },
    spec: { containers: [{ name: 'vmcp', image: 'vmcp' }] },
  },
];

/**
 * Registers the shipped configurations at a URL where nothing listens yet, and waits until the API server fails to
 * call it there: from then on it calls every webhook of the configurations. Both fail closed, so this can be seen.
 */
async function register(options: WebhookOptions, port: number, ca: string): Promise<void> {
  const { kubectl, manifests } = options;
  const configurations = manifests
    .filter(isWebhookConfiguration)
    .map((configuration) => callingUrl(configuration, `https://127.0.0.1:${port}`, ca));
  await kubectl.ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], configurations);
  for (const probe of PROBES)
    await until(`the API server calls the webhook for a ${probe.kind}`, async () => {
      const { stderr } = await kubectl.run(['create', '--dry-run=server', '-f', '-'], [probe]);
      return stderr.includes('failed calling webhook') && stderr.includes(`:${port}`) ? true : undefined;
    });
}

/** Starts `vmcp-admission serve` as a process of its own and lets the API server call it. */
export async function startCalledWebhook(options: WebhookOptions): Promise<WebhookProcess> {
  const { scope, kubeconfig, flags: more = [] } = options;
  const certDir = join(scope.dir, 'tls');
  const ca = await writeServingCertificate(certDir);
  const flags = ['--kubeconfig', kubeconfig, '--cert-dir', certDir, ...more];
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    await register(options, port, ca);
    try {
      return await (await startWebhook({ scope, flags, port })).untilReady();
    } catch (error) {
      if (tries === ATTEMPTS || !/in use/.test(String(error))) throw error;
    }
  }
}
