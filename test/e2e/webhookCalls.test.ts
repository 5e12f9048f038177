import { expect, it, onTestFinished } from 'vitest';
import { AdminApi, type ApiAnswer } from '../support/cluster/adminApi.ts';
import { type Cluster, describeOnCluster } from './harness/cluster.ts';
import { registerUnanswered } from './harness/unanswered.ts';
import { operatorMadePod, vmcpNamespace } from './harness/vmcp.ts';

const GROUP = 'toolhive.stacklok.dev';
const MERGE = 'application/merge-patch+json';
const TOUCHED = { metadata: { labels: { touched: 'yes' } } };

/** A spec that the CRD of each kind takes and that no rule denies. */
const SPECS = {
  mcpserverentries: {
    remoteUrl: 'https://mcp.example.com/mcp',
    transport: 'sse',
    groupRef: { name: 'team' },
  },
  mcpgroups: {},
  virtualmcpservers: { groupRef: { name: 'team' }, incomingAuth: { type: 'anonymous' } },
  mcpservers: { image: 'x' },
  mcpremoteproxies: { remoteUrl: 'https://mcp.example.com/mcp' },
  mcpexternalauthconfigs: {
    type: 'headerInjection',
    headerInjection: { headerName: 'X-Key', valueSecretRef: { name: 'keys', key: 'k' } },
  },
  mcptoolconfigs: { toolsFilter: ['a'] },
  mcpoidcconfigs: { type: 'inline', inline: { issuer: 'https://idp.example.com' } },
  mcpauthzconfigs: { type: 'cedarv1', config: { policies: ['permit(principal, action, resource);'] } },
  mcptelemetryconfigs: { prometheus: { enabled: true } },
  embeddingservers: {},
  virtualmcpcompositetooldefinitions: { name: 't', description: 'd', steps: [{ id: 'a', tool: 'search.x' }] },
} as const;
type Plural = keyof typeof SPECS;
const PLURALS = Object.keys(SPECS) as Plural[];

/** Which writes of a kind the webhook is asked about; of the status only that of an entry has a phase which is judged. */
function expectedCalls(plural: Plural) {
  const judged = plural !== 'mcpgroups';
  const referredTo = plural !== 'virtualmcpservers';
  return { create: judged, update: judged, status: plural === 'mcpserverentries', delete: referredTo };
}

/** The webhook of the other tests is asked at the same time, and may deny first. */
function isCalled({ status, body }: ApiAnswer): boolean {
  if (/failed calling webhook|vmcp-admission\.dev\\" denied/.test(body)) return true;
  if (status < 300) return false;
  throw new Error(`answered ${status}: ${body}`);
}

async function adminApi({ admin }: Cluster): Promise<AdminApi> {
  const api = await AdminApi.ofKubeconfig(admin.kubeconfig);
  onTestFinished(() => api.close());
  return api;
}

async function kindOf(api: AdminApi, plural: Plural): Promise<string> {
  const path = `/apis/${GROUP}/v1beta1`;
  const list = await api.get<{ resources: { name: string; kind: string }[] }>(path);
  return list?.resources.find(({ name }) => name === plural)?.kind ?? '';
}

/** Stores an object of each kind. */
async function storeAll(api: AdminApi, namespace: string, more: object = {}): Promise<void> {
  for (const plural of PLURALS) {
    const object = {
      apiVersion: `${GROUP}/v1beta1`,
      kind: await kindOf(api, plural),
      metadata: { name: 'stored', namespace, ...more },
      spec: SPECS[plural],
    };
    const { status, body } = await api.call(
      'POST',
      `/apis/${GROUP}/v1beta1/namespaces/${namespace}/${plural}`,
      object,
    );
    if (status !== 201) throw new Error(`${plural}: ${body}`);
  }
}

describeOnCluster('the API server', (cluster) => {
  it('asks about each kind in each served version, and about no subresource beside what is judged', async () => {
    const api = await adminApi(cluster);
    const namespace = await cluster.newNamespace();
    await storeAll(api, namespace);
    onTestFinished(await registerUnanswered(cluster, namespace, { failurePolicy: 'Fail' }));
    for (const version of ['v1beta1', 'v1alpha1'])
      for (const plural of PLURALS) {
        const collection = `/apis/${GROUP}/${version}/namespaces/${namespace}/${plural}`;
        const object = {
          apiVersion: `${GROUP}/${version}`,
          kind: await kindOf(api, plural),
          metadata: { generateName: 'new-' },
          spec: SPECS[plural],
        };
        const dry = '?dryRun=All';
        const answers = {
          create: await api.call('POST', collection + dry, object),
          update: await api.call('PATCH', `${collection}/stored${dry}`, TOUCHED, MERGE),
          status: await api.call('PATCH', `${collection}/stored/status${dry}`, { status: {} }, MERGE),
          delete: await api.call('DELETE', `${collection}/stored${dry}`),
        };
        const called = Object.fromEntries(
          Object.entries(answers).map(([verb, one]) => [verb, isCalled(one)]),
        );
        expect({ version, plural, ...called }).toEqual({ version, plural, ...expectedCalls(plural) });
      }
    // Members that a controller deletes: as the end of a namespace or of an owner does.
    const collector = ['--as', 'system:serviceaccount:kube-system:generic-garbage-collector'];
    const members = ['mcpserverentries/stored', 'mcpservers/stored', 'mcpremoteproxies/stored'];
    const deletion = ['delete', ...members, '-n', namespace, '--wait=false'];
    expect(await cluster.kubectl.run([...deletion, ...collector])).toMatchObject({ code: 0 });
  });

  it('asks about what can change an injected annotation of a Pod, and about no other subresource', async () => {
    const api = await adminApi(cluster);
    const namespace = await cluster.newNamespace();
    const [pods, one] = [
      `/api/v1/namespaces/${namespace}/pods`,
      `/api/v1/namespaces/${namespace}/pods/stored`,
    ];
    const opted = await operatorMadePod(namespace, 'stored');
    const annotations = { 'vmcp-admission.dev/inject': 'disabled' };
    await cluster.kubectl.ok(
      ['create', '-f', '-'],
      [{ ...opted, metadata: { ...opted.metadata, annotations } }],
    );
    onTestFinished(await registerUnanswered(cluster, namespace));
    const change = { metadata: { annotations: { 'vmcp-admission.dev/config.yaml': 'x' } } };
    const strategic = 'application/strategic-merge-patch+json';
    const patched = async (path: string) => {
      const answer = await api.call('PATCH', path, change, strategic);
      if (answer.status === 404) return false;
      return isCalled(answer) ? 'called' : /"vmcp-admission.dev\/config.yaml"/.test(answer.body);
    };
    const anew = { ...opted, metadata: { ...opted.metadata, name: undefined, generateName: 'vmcp-7d9-' } };
    expect(isCalled(await api.call('POST', pods, anew))).toBe(true);
    expect(await patched(one)).toBe('called');
    expect(await patched(`${one}/status`)).toBe('called');
    // These drop every other change, so nobody need be asked. Before Kubernetes 1.32 there is no resize.
    expect(await patched(`${one}/ephemeralcontainers`)).toBe(false);
    expect(await patched(`${one}/resize`)).toBe(false);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'stored', namespace } };
    expect(isCalled(await api.call('POST', `${one}/eviction?dryRun=All`, eviction))).toBe(false);
    expect(isCalled(await api.call('DELETE', `${one}?dryRun=All`))).toBe(false);
    // A Binding does write annotations, and has no label by which vMCP Pods could be selected: docs/injection.md says so.
    const target = { kind: 'Node', name: 'node' };
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'stored', ...change.metadata },
      target,
    };
    expect(isCalled(await api.call('POST', `${one}/binding?dryRun=All`, binding))).toBe(false);
  });
});

describeOnCluster('while no replica answers', (cluster) => {
  it('objects and namespaces come to their end, and operators write status', async ({ skip }) => {
    if (!cluster.hasControllerManager) skip('there is no kube-controller-manager binary');
    const api = await adminApi(cluster);
    const namespace = await vmcpNamespace(cluster);
    await storeAll(api, namespace, { finalizers: ['example.com/operator'] });
    const pathOf = (plural: Plural, version = 'v1beta1') =>
      `/apis/${GROUP}/${version}/namespaces/${namespace}/${plural}/stored`;
    onTestFinished(await registerUnanswered(cluster, namespace));
    for (const plural of PLURALS.filter((one) => one !== 'mcpserverentries')) {
      const status = await api.call(
        'PATCH',
        `${pathOf(plural)}/status`,
        { status: { conditions: [] } },
        MERGE,
      );
      expect({ plural, called: isCalled(status) }).toEqual({ plural, called: false });
    }
    for (const plural of PLURALS) {
      expect(isCalled(await api.call('DELETE', pathOf(plural)))).toBe(false);
      const free = { metadata: { finalizers: null } };
      expect(isCalled(await api.call('PATCH', pathOf(plural, 'v1alpha1'), free, MERGE))).toBe(false);
      expect(await api.get(pathOf(plural))).toBeUndefined();
    }
    // The objects of fixtures/vmcp.yaml are in it.
    await cluster.kubectl.ok(['delete', 'namespace', namespace, '--wait=false']);
    await cluster.until('the namespace is gone', async () => {
      const { status } = await api.call('GET', `/api/v1/namespaces/${namespace}`);
      return status === 404 ? true : undefined;
    });
  });
});
