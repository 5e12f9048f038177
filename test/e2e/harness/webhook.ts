import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority, makeLeaf } from '../../../src/x509/generate.ts';
import { callingUrl, isWebhookConfiguration, type Manifest, ROOT } from './installation.ts';
import type { Kubectl } from './kubectl.ts';
import type { ProcessScope, ServerProcess } from './processes.ts';
import { freePort, until } from './wait.ts';

/** A running webhook that the API server calls. */
export interface Webhook {
  readonly url: string;
  /** Plain HTTP: /livez, /readyz, /metrics. */
  readonly healthUrl: string;
  readonly process: ServerProcess;
}

/** What a webhook process is started with. */
export interface WebhookOptions {
  readonly scope: ProcessScope;
  readonly kubectl: Kubectl;
  /** The rendered manifests whose webhook configurations are registered. */
  readonly manifests: readonly Manifest[];
  /** Kubeconfig of the identity that the webhook has. */
  readonly kubeconfig: string;
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

/** Makes `tls.crt` and `tls.key` for 127.0.0.1 in the folder; returns the authority's certificate, PEM. */
export async function writeServingCertificate(folder: string): Promise<string> {
  const validity = { now: new Date(), days: 1 };
  const authority = await makeAuthority({ commonName: 'e2e', ...validity });
  const leaf = await makeLeaf(authority, {
    commonName: 'e2e',
    names: ['127.0.0.1'],
    usage: 'server',
    ...validity,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tls.crt'), leaf.cert);
  await writeFile(join(folder, 'tls.key'), leaf.key, { mode: 0o600 });
  return authority.cert;
}

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

/** A `serve` process, and with what. */
export interface Serving {
  readonly scope: ProcessScope;
  /** Kubeconfig of the identity that the webhook has. */
  readonly kubeconfig: string;
  /** Has a serving certificate for 127.0.0.1. */
  readonly certDir: string;
  readonly port: number;
  /** Further flags. */
  readonly flags?: readonly string[];
}

/** Starts `serve` and waits until it is ready; undefined when its port was taken. Registers nothing. */
export async function serve(options: Serving): Promise<Webhook | undefined> {
  const { scope, kubeconfig, certDir, port, flags = [] } = options;
  const healthPort = await freePort();
  const process = scope.start('webhook', globalThis.process.execPath, [
    ...[join(ROOT, 'src', 'main.ts'), 'serve', '--catalog', 'kubernetes', '--kubeconfig', kubeconfig],
    ...['--cert-dir', certDir, '--host', '127.0.0.1'],
    ...['--port', String(port), '--health-port', String(healthPort), ...flags],
  ]);
  const healthUrl = `http://127.0.0.1:${healthPort}`;
  const ready = until(
    'the webhook is ready',
    async () => {
      if (process.hasExited()) return 'ended';
      const answer = await fetch(`${healthUrl}/readyz`).catch(() => undefined);
      return answer?.ok ? 'ready' : undefined;
    },
    { describe: () => process.log().slice(-3000) },
  );
  if ((await ready) === 'ready') return { url: `https://127.0.0.1:${port}`, healthUrl, process };
  if (/in use/i.test(process.log())) return undefined;
  throw new Error(`the webhook ended while it started: ${process.log().slice(-3000)}`);
}

/** Starts `vmcp-admission serve` as a process of its own and lets the API server call it. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const certDir = join(options.scope.dir, 'tls');
  const ca = await writeServingCertificate(certDir);
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    const port = await freePort();
    await register(options, port, ca);
    const webhook = await serve({ ...options, certDir, port });
    if (webhook) return webhook;
  }
  throw new Error(`no free port for the webhook in ${ATTEMPTS} attempts`);
}
