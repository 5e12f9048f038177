import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { writeServingCertificate } from '../support/certificates.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import { type Manifest, rendered, withComponents } from '../support/cluster/installation.ts';
import { post } from '../support/post.ts';
import { ProcessScope } from '../support/processes.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook.ts';
import { refused, requestsOf, rightsUsed } from './harness/auditLog.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { injectedDryRun, operatorMadePod, vmcpNamespace } from './harness/vmcp.ts';

const TOOLHIVE = 'toolhive.stacklok.dev/v1beta1';

interface Answer {
  readonly response: { readonly allowed: boolean; readonly warnings?: readonly string[] };
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
  };
}

function isDeployment(object: Manifest): object is Deployment {
  return object.kind === 'Deployment';
}

describeOnCluster('a webhook with the rights and the arguments of', (cluster) => {
  const { kubectl, newNamespace, admin } = cluster;
  let scope: ProcessScope;
  let webhook: WebhookProcess;
  let ca: string;
  beforeAll(async () => {
    scope = await ProcessScope.create('vmcp-admission-component');
  });
  afterAll(() => scope.close());

  /** Kubeconfig of a new ServiceAccount that has what a component grants, and nothing else. */
  async function grant(objects: readonly Manifest[], account: string): Promise<string> {
    const rights = objects
      .filter(({ kind }) => /^(Cluster)?Role(Binding)?$/.test(kind))
      .map(({ metadata: { name, ...metadata }, ...object }) => ({
        ...object,
        metadata: { ...metadata, name: `${account}-${name}` },
        ...('roleRef' in object && {
          roleRef: { ...(object.roleRef as object), name: `${account}-${name}` },
          subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'vmcp-admission' }],
        }),
      }));
    const metadata = { name: account, namespace: 'vmcp-admission' };
    await kubectl.ok(
      ['create', '-f', '-'],
      [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, ...rights],
    );
    return serviceAccountKubeconfig({ admin }, 'vmcp-admission', account);
  }

  /** Starts a webhook as components would, with `team-a` in them replaced by the namespace. Returns its ServiceAccount. */
  async function start(
    components: readonly string[],
    namespace: string,
    more: readonly string[] = [],
  ): Promise<string> {
    const text = JSON.stringify(await withComponents(kubectl, components));
    const objects = JSON.parse(text.replaceAll('team-a', namespace)) as Manifest[];
    const account = `${components.join('-')}-${namespace}`;
    const kubeconfig = await grant(objects, account);
    const inBase = (await rendered(kubectl)).find(isDeployment)?.spec.template.spec.containers[0]?.args ?? [];
    const args = objects.find(isDeployment)?.spec.template.spec.containers[0]?.args ?? [];
    const flags = args.filter((arg) => !inBase.includes(arg));
    expect(flags).toHaveLength(components.filter((name) => name !== 'namespace-labels').length);
    const certDir = join(scope.dir, namespace);
    ca = await writeServingCertificate(certDir);
    const started = await startWebhook({
      scope,
      flags: ['--kubeconfig', kubeconfig, '--cert-dir', certDir, ...flags, ...more],
    });
    webhook = await started.untilReady();
    return account;
  }

  /** The answer to the creation of an entry, or to an update when there is an old spec. */
  async function answer(namespace: string, spec: object, oldSpec?: object): Promise<unknown> {
    const entryWith = (one: object) => ({
      apiVersion: TOOLHIVE,
      kind: 'MCPServerEntry',
      metadata: { name: 'asked', namespace },
      spec: one,
    });
    const object = entryWith(spec);
    const written = oldSpec
      ? { operation: 'UPDATE', object, oldObject: entryWith(oldSpec) }
      : { operation: 'CREATE', object };
    const kind = { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPServerEntry' };
    return post(`${webhook.url}/validate`, ca, {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u-1', kind, namespace, ...written },
    });
  }

  /** As {@link answer}, of one that is a decision. */
  async function review(...asked: Parameters<typeof answer>): Promise<Answer['response']> {
    return ((await answer(...asked)) as Answer).response;
  }

  async function namespaceWithGroup(): Promise<string> {
    const namespace = await newNamespace();
    const group = { apiVersion: TOOLHIVE, kind: 'MCPGroup', metadata: { name: 'team', namespace }, spec: {} };
    await kubectl.ok(['create', '-f', '-'], [group]);
    return namespace;
  }

  const entry = { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'team' } };

  it('namespaced becomes ready, knows its namespace, and judges entries there', async () => {
    const namespace = await namespaceWithGroup();
    await start(['namespaced'], namespace);
    const metadata = { name: 'corp-ca', namespace };
    const bundle = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { other: '' } };
    await kubectl.ok(['create', '-f', '-'], [bundle]);
    expect(await review(namespace, entry)).toMatchObject({ allowed: true });
    expect((await review(namespace, entry)).warnings ?? []).toEqual([]);
    const caBundleRef = { configMapRef: { name: 'corp-ca', key: 'ca.crt' } };
    expect((await review(namespace, { ...entry, caBundleRef })).warnings?.join()).toMatch(/ca\.crt/);
    expect(await review(namespace, { ...entry, remoteUrl: 'http://localhost/mcp' })).toMatchObject({
      allowed: false,
    });
    expect(webhook.process.log()).not.toMatch(/is forbidden/);
    // A namespaceSelector that lets another namespace through is told, and nothing of it is judged.
    expect(await answer(await namespaceWithGroup(), entry)).toMatchObject({
      kind: 'Status',
      code: 503,
      message: expect.stringContaining('is not among --namespaces'),
    });
  });

  it('watch-pods sees which Pods keep an old configuration', async () => {
    const namespace = await vmcpNamespace(cluster);
    const pod = await operatorMadePod(namespace, 'kept');
    await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const change = JSON.stringify({ spec: { remoteUrl: 'https://moved.example.com/sse' } });
    await kubectl.ok(['patch', 'mcpentry', 'search', '-n', namespace, '--type=merge', '-p', change]);
    await start(['watch-pods'], namespace);
    const series = `vmcp_admission_stale_pods{namespace="${namespace}",vmcp="team-vmcp"}`;
    await cluster.until('the Pod is counted', async () => (await webhook.metric(series)) === 1 || undefined);
    const withBundle = (name: string) => ({
      ...entry,
      caBundleRef: { configMapRef: { name, key: 'ca.crt' } },
    });
    expect((await review(namespace, withBundle('new'), withBundle('corp-ca'))).warnings).toContain(
      `vMCP "team-vmcp": 1 Pod keeps the old backend list, unless ToolHive's operator is v0.47 or newer; kubectl delete pod -n ${namespace} kept`,
    );
    expect(webhook.process.log()).not.toMatch(/is forbidden/);
  });

  it('watch-pods and secrets see which Pods had started before a value was written', async () => {
    const namespace = await vmcpNamespace(cluster);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace } };
    await kubectl.ok(['create', '-f', '-'], [{ ...secret, stringData: { token: 'abc' } }]);
    const made = await operatorMadePod(namespace, 'before');
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'token' } } }];
    const containers = made.spec.containers.map((container) => ({ ...container, env }));
    const pod = { ...made, spec: { ...made.spec, containers } };
    await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    const containerStatuses = containers.map(({ name }) => ({
      ...{ name, image: 'x', imageID: 'x', ready: true, restartCount: 0, lastState: {}, state },
    }));
    const status = JSON.stringify({ status: { phase: 'Running', containerStatuses } });
    const patch = ['patch', 'pod', 'before', '-n', namespace, '--subresource=status', '--type=merge'];
    await kubectl.ok([...patch, '-p', status]);
    await start(['watch-pods', 'secrets'], namespace);
    const series = `vmcp_admission_stale_pods{namespace="${namespace}",vmcp="team-vmcp"}`;
    await cluster.until('the Pod is counted', async () => (await webhook.metric(series)) === 1 || undefined);
    expect(webhook.process.log()).not.toMatch(/is forbidden|could not be compared/);
  });

  it('all that add a right, in one namespace, uses each of them and needs no other', async () => {
    const namespace = await vmcpNamespace(cluster);
    const pod = await operatorMadePod(namespace, 'kept');
    await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const policy = join(scope.dir, `${namespace}.yaml`);
    const scopes = [{ namespaceSelector: { matchLabels: { trial: 'yes' } }, enforcement: 'warn' }];
    await writeFile(policy, stringify({ scopes }));
    const components = ['namespaced', 'namespace-labels', 'secrets', 'watch-pods'];
    const account = await start(components, namespace, ['--policy', policy, '--stored-findings', 'serve']);
    const secret = { name: 'absent', key: 'token' };
    const headerForward = { addHeadersFromSecret: [{ headerName: 'X-Token', valueSecretRef: secret }] };
    const caBundleRef = { configMapRef: { name: 'corp-ca', key: 'ca.crt' } };
    const { warnings } = await review(namespace, { ...entry, headerForward, caBundleRef });
    expect(warnings?.join()).toMatch(/Secret "absent" does not exist/);
    const wanted = ['get secrets', 'get namespaces', 'list pods', 'get configmaps'];
    await cluster.until('each right is used', async () => {
      const used = rightsUsed(await requestsOf(cluster.auditLog, account));
      return wanted.every((right) => used.has(right)) || undefined;
    });
    expect(refused(await requestsOf(cluster.auditLog, account))).toEqual([]);
  });

  it('secrets sees which Secrets of headers exist', async () => {
    const namespace = await namespaceWithGroup();
    await start(['secrets'], namespace);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'here', namespace } };
    await kubectl.ok(['create', '-f', '-'], [{ ...secret, stringData: { token: 'abc' } }]);
    const withHeader = (name: string) => ({
      ...entry,
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'X-Token', valueSecretRef: { name, key: 'token' } }],
      },
    });
    expect((await review(namespace, withHeader('here'))).warnings ?? []).toEqual([]);
    expect((await review(namespace, withHeader('absent'))).warnings).toEqual([
      expect.stringMatching(/Secret "absent" does not exist/),
    ]);
  });
});
