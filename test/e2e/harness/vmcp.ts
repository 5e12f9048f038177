import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeAuthority } from '../../../src/x509/generate.ts';
import { ROOT } from '../../support/cluster/installation.ts';
import type { Kubectl } from '../../support/cluster/kubectl.ts';
import type { Cluster } from './cluster.ts';

export const FIXTURES = join(ROOT, 'test', 'e2e', 'fixtures');

/** A Pod as far as the tests look at it. */
export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly args: readonly string[];
      readonly volumeMounts: readonly {
        readonly name: string;
        readonly mountPath: string;
        readonly readOnly?: boolean;
      }[];
    }[];
    readonly volumes: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
  };
}

/** The objects of fixtures/vmcp.yaml in a new namespace with restricted Pod Security; `billing` and `search` are Valid. */
export async function vmcpNamespace(cluster: Cluster): Promise<string> {
  const { kubectl } = cluster;
  const namespace = await cluster.newNamespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  const authority = await makeAuthority({ commonName: 'Corp CA', now: new Date(), days: 365 });
  const ca = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'corp-ca', namespace } };
  await kubectl.ok(['create', '-f', '-'], [{ ...ca, data: { 'ca.crt': authority.cert } }]);
  await kubectl.ok(['apply', '-n', namespace, '-f', join(FIXTURES, 'vmcp.yaml')]);
  for (const name of ['billing', 'search'])
    await kubectl.ok([
      ...['patch', 'mcpentry', name, '-n', namespace, '--subresource=status', '--type=merge'],
      ...['-p', '{"status":{"phase":"Valid","observedGeneration":1}}'],
    ]);
  return namespace;
}

/**
 * Adds a backend to the base config that the catalog does not know, which makes the webhook look for it: one GET of each kind of
 * member.
 */
export async function listGhost(kubectl: Kubectl, namespace: string): Promise<void> {
  const name = 'team-vmcp-vmcp-config';
  const config = await kubectl.get<{ data: Record<string, string> }>('configmap', name, '-n', namespace);
  const ghost = '    - name: ghost\n      url: https://ghost.example.com/\n      transport: sse\n';
  const text = (config.data['config.yaml'] ?? '').replace(/^backends:\n/m, `backends:\n${ghost}`);
  const metadata = { name, namespace };
  await kubectl.ok(
    ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'config.yaml': text } }],
  );
}

/** The Pod that the Deployment of fixtures/vmcpDeployment.yaml would make. */
export async function operatorMadePod(namespace: string, name: string): Promise<Pod> {
  const deployment = parse(await readFile(join(FIXTURES, 'vmcpDeployment.yaml'), 'utf8'));
  const { metadata, spec } = deployment.spec.template;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ...metadata }, spec };
}

/** What the report annotation says; undefined when there is none. */
export function reportOf(pod: Pod): { readonly backends: readonly string[] } | undefined {
  const text = pod.metadata.annotations?.['vmcp-admission.dev/report'];
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * Waits until the webhook knows both Valid entries: asked by creating the Pod as a dry run, since the webhook learns of
 * objects through its watch. Returns the Pod as it would be stored.
 */
export async function injectedDryRun(cluster: Cluster, pod: Pod): Promise<Pod> {
  let last: unknown;
  return cluster.until(
    'both entries are injected',
    async () => {
      const args = ['create', '--dry-run=server', '-o', 'json', '-f', '-'];
      const answer = JSON.parse(await cluster.kubectl.ok(args, [pod])) as Pod;
      last = reportOf(answer);
      return reportOf(answer)?.backends.length === 2 ? answer : undefined;
    },
    { describe: () => `The last report says: ${JSON.stringify(last) ?? 'there is none'}` },
  );
}
