import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cli as runCli } from '../support/cli.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { FIXTURES, operatorMadePod } from './harness/vmcp.ts';

const NAMESPACE = 'audited';
const TOOLHIVE = 'toolhive.stacklok.dev';

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly { readonly rule: string }[];
  readonly warnings: readonly { readonly rule: string }[];
}

/** `Kind name rule (warning)…` for each object of a report in JSON. */
function said(stdout: string): string[] {
  return (JSON.parse(stdout) as Item[])
    .map(({ kind, name, causes, warnings }) =>
      [kind, name, ...causes.map(({ rule }) => rule), ...warnings.map(({ rule }) => `(${rule})`)].join(' '),
    )
    .sort();
}

describeOnCluster('an audit of the live cluster', (cluster) => {
  const { kubectl, admin } = cluster;

  /** Runs the command as a user of the cluster. */
  const cli = (kubeconfig: string, input: string, ...words: readonly string[]) =>
    runCli([...words, '--cluster', '--kubeconfig', kubeconfig], { input });

  /** A ServiceAccount that may read some resources of the namespace, and nothing else. */
  async function reader(
    name: string,
    resources: Readonly<Record<string, readonly string[]>>,
  ): Promise<string> {
    const metadata = { name, namespace: NAMESPACE };
    const rules = Object.entries(resources).map(([verb, all]) => ({
      apiGroups: [TOOLHIVE, '', 'apps', 'batch'],
      resources: all,
      verbs: [verb],
    }));
    await kubectl.ok(
      ['apply', '-f', '-'],
      [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', ...metadata }],
        },
      ],
    );
    return serviceAccountKubeconfig({ admin }, NAMESPACE, name);
  }

  const KINDS = [
    ...['mcpserverentries', 'virtualmcpservers', 'mcpservers', 'mcpremoteproxies', 'mcpexternalauthconfigs'],
    ...['mcptoolconfigs', 'mcpoidcconfigs', 'mcpauthzconfigs', 'mcptelemetryconfigs', 'embeddingservers'],
    ...['virtualmcpcompositetooldefinitions', 'mcpwebhookconfigs', 'mcpregistries'],
  ];
  const WORKLOADS = ['deployments', 'statefulsets', 'daemonsets', 'cronjobs'];
  const FOUND = [
    'MCPServer undecodable undecodable-field',
    'MCPServerEntry loopback remote-url-blocked-host',
    'MCPServerEntry search',
    'VirtualMCPServer team-vmcp (old-spelling)',
  ];
  let withoutGroups = '';
  let whole = '';
  beforeAll(async () => {
    await kubectl.ok(['apply', '-n', NAMESPACE, '-f', join(FIXTURES, 'vmcpDeployment.yaml')]);
    await kubectl.ok([
      ...['patch', 'mcpentry', 'search', '-n', NAMESPACE, '--subresource=status', '--type=merge'],
      ...['-p', '{"status":{"phase":"Valid","observedGeneration":1}}'],
    ]);
    withoutGroups = await reader('without-groups', { list: KINDS, get: ['configmaps'] });
    whole = await reader('auditor', {
      list: [...KINDS, 'mcpgroups', 'pods', ...WORKLOADS],
      get: ['configmaps'],
    });
  });
  const check = (kubeconfig: string, ...words: string[]) =>
    cli(kubeconfig, '', 'check', '--namespaces', NAMESPACE, '-o', 'json', ...words);

  it('judges all that is stored, with no more than the right to list and to get ConfigMaps', async () => {
    const { code, stdout, stderr } = await check(whole);
    expect({ code, stderr, said: said(stdout) }).toEqual({
      code: 1,
      stderr: '',
      said: ['MCPGroup team', ...FOUND],
    });
    expect(stdout).not.toContain('"line"');
  });

  it('says which kind may not be read, and judges the others without calling it missing', async () => {
    const { code, stdout, stderr } = await check(withoutGroups);
    expect({ code, said: said(stdout) }).toEqual({ code: 1, said: FOUND });
    expect(stderr).toBe(`note: not everything could be read, and the report is without it:
  cannot list mcpgroups.toolhive.stacklok.dev in namespace audited; to allow it:
    kubectl create clusterrole vmcp-admission-audit --verb=list --resource=mcpgroups.toolhive.stacklok.dev
    kubectl create rolebinding vmcp-admission-audit -n audited --clusterrole=vmcp-admission-audit --serviceaccount=audited:without-groups
`);
    // The commands of the note are the remedy.
    const commands = stderr.split('\n').filter((line) => line.startsWith('    kubectl '));
    for (const command of commands) await kubectl.ok(command.trim().split(' ').slice(1));
    expect((await check(withoutGroups)).stderr).toBe('');
  });

  it('ends with 2 in a namespace of which nothing may be read', async () => {
    const { code, stderr } = await cli(whole, '', 'check', '--namespaces', 'default');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('cluster: nothing could be read: the user may not list any kind'),
    });
  });

  it('judges a file as the update that an apply would make of it', async () => {
    const file = (url: string) => `apiVersion: ${TOOLHIVE}/v1beta1
kind: MCPServerEntry
metadata: {name: loopback, namespace: ${NAMESPACE}}
spec: {remoteUrl: "${url}", transport: streamable-http, groupRef: {name: team}}
`;
    for (const [url, code, verdict] of [
      ['http://localhost:8080/mcp', 0, '(remote-url-blocked-host)'],
      ['http://127.0.0.1:8080/mcp', 1, 'remote-url-blocked-address'],
    ] as const) {
      const result = await cli(whole, file(url), 'check', '-o', 'json', '-');
      expect({ code: result.code, said: said(result.stdout) }).toEqual({
        code,
        said: [`MCPServerEntry loopback ${verdict}`],
      });
      expect((await kubectl.run(['apply', '--dry-run=server', '-f', '-'], file(url))).code).toBe(code);
    }
  });

  it('shows what the Pods of each vMCP would be given now', async () => {
    const { code, stdout, stderr } = await cli(whole, '', 'inject', '--namespaces', NAMESPACE, '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('note:') });
    expect(JSON.parse(stdout)).toMatchObject([
      {
        decision: 'injected',
        backends: ['search'],
        leftOut: [{ name: 'loopback', reason: 'phase-not-valid' }],
        pod: { metadata: { namespace: NAMESPACE }, spec: { containers: [{ image: 'vmcp:test' }] } },
      },
    ]);
  });

  it('tells which Pods keep an old configuration, until they are made anew', async () => {
    const pod = await operatorMadePod(NAMESPACE, 'kept');
    const bare = { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, alone: 'yes' } } };
    await cluster.until('the webhook serves search', async () => {
      const args = ['create', '--dry-run=server', '-o', 'json', '-f', '-'];
      const answer = parse(await kubectl.ok(args, [bare]));
      return answer.metadata.annotations?.['vmcp-admission.dev/report']?.includes('["search"]') || undefined;
    });
    await kubectl.ok(['create', '-f', '-'], [bare]);
    const stale = () => cli(whole, '', 'inject', '--stale', '--namespaces', NAMESPACE, '-o', 'json');
    const of = (stdout: string) =>
      (JSON.parse(stdout) as { pods: string[] }[]).find(({ pods }) => pods.includes('kept'));
    expect(of((await stale()).stdout)).toBeUndefined();
    const change = { spec: { remoteUrl: 'https://moved.example.com/mcp' } };
    await kubectl.ok([
      ...['patch', 'mcpentry', 'search', '-n', NAMESPACE, '--type=merge', '-p', JSON.stringify(change)],
    ]);
    const after = await stale();
    expect(after.code).toBe(1);
    expect(of(after.stdout)).toMatchObject({
      workload: { kind: 'Pod', namespace: NAMESPACE, name: 'kept' },
      state: 'stale',
      difference: { added: [], removed: [], changed: [{ name: 'search', fields: ['url'] }], settings: [] },
      remedy: `kubectl delete pod -n ${NAMESPACE} --kubeconfig=${whole} kept`,
    });
    await kubectl.ok(['delete', 'pod', 'kept', '-n', NAMESPACE, '--grace-period=0', '--force']);
    expect(of((await stale()).stdout)).toBeUndefined();
  });
});
