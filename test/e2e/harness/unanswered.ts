import {
  callingUrl,
  isWebhookConfiguration,
  rendered,
  type WebhookConfiguration,
} from '../../support/cluster/installation.ts';
import type { Cluster } from './cluster.ts';

/** Port 1 is nobody's: every call of it fails. */
const NOBODY = 'https://127.0.0.1:1';

/** Changes that a test makes to each webhook. */
type Changes = Readonly<Record<string, unknown>>;

function unanswered(
  configuration: WebhookConfiguration,
  name: string,
  namespace: string,
  changes: Changes,
): WebhookConfiguration {
  const { webhooks, ...rest } = callingUrl(configuration, NOBODY, '');
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return {
    ...rest,
    metadata: { name },
    webhooks: webhooks.map((webhook) => ({ ...webhook, namespaceSelector, ...changes })),
  };
}

/**
 * Registers the shipped webhook configurations once more, for one namespace only and where nobody answers, and waits until the
 * API server uses them. A call is then a failure. Returns the function that takes them away again.
 */
export async function registerUnanswered(
  { kubectl, until }: Cluster,
  namespace: string,
  changes: Changes = {},
): Promise<() => Promise<void>> {
  const name = `unanswered-${namespace}`;
  const shipped = (await rendered(kubectl)).filter(isWebhookConfiguration);
  await kubectl.ok(
    ['create', '-f', '-'],
    shipped.map((configuration) => unanswered(configuration, name, namespace, changes)),
  );
  const entry = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'probe', namespace },
    spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'probe' } },
  };
  const metadata = { name: 'probe', namespace, labels: { 'vmcp-admission.dev/inject': 'enabled' } };
  const spec = { containers: [{ name: 'vmcp', image: 'vmcp' }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  for (const probe of [entry, pod])
    await until(`the API server calls nobody for a ${probe.kind}`, async () => {
      const { stderr } = await kubectl.run(['create', '--dry-run=server', '-f', '-'], [probe]);
      return stderr.includes('127.0.0.1:1') ? true : undefined;
    });
  return async () => {
    for (const kind of ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'])
      await kubectl.run(['delete', kind, name, '--ignore-not-found']);
  };
}
