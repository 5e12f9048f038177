import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeServingCertificate } from '../support/certificates.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import { type Manifest, withComponents } from '../support/cluster/installation.ts';
import { post } from '../support/post.ts';
import { ProcessScope } from '../support/processes.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook.ts';
import { TRIMMED } from './harness/auditLog.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { listGhost, operatorMadePod, type Pod, vmcpNamespace } from './harness/vmcp.ts';

const TOOLHIVE = 'toolhive.stacklok.dev';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Response {
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** `verb resource` of rules, each right as a rule of its own. */
function single(rules: readonly Rule[]): ReadonlyMap<string, Rule> {
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.flatMap((resource) =>
      verbs.map(
        (verb) => [`${verb} ${resource}`, { apiGroups, resources: [resource], verbs: [verb] }] as const,
      ),
    ),
  );
  return new Map(rights);
}

describeOnCluster('a webhook from which an admin took', (cluster) => {
  const { kubectl, admin, until } = cluster;
  let scope: ProcessScope;
  let rights: ReadonlyMap<string, Rule>;
  beforeAll(async () => {
    scope = await ProcessScope.create('vmcp-admission-trimmed');
    const objects = await withComponents(kubectl, ['secrets', 'watch-pods', 'namespace-labels']);
    const role = objects.find(({ kind }) => kind === 'ClusterRole') as Manifest & { rules: readonly Rule[] };
    rights = single(role.rules);
  });
  afterAll(() => scope.close());

  /** The role of an account, without the rights. */
  async function grantAllBut(account: string, taken: readonly string[]): Promise<void> {
    const rules = [...rights].flatMap(([right, rule]) => (taken.includes(right) ? [] : rule));
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
    await kubectl.ok(['apply', '-f', '-'], [{ ...role, metadata: { name: account }, rules }]);
  }

  async function start(name: string, taken: readonly string[]) {
    const account = `${TRIMMED}${name}`;
    await grantAllBut(account, taken);
    await kubectl.ok(['create', 'serviceaccount', account, '-n', 'vmcp-admission']);
    const subject = `--serviceaccount=vmcp-admission:${account}`;
    await kubectl.ok(['create', 'clusterrolebinding', account, `--clusterrole=${account}`, subject]);
    const kubeconfig = await serviceAccountKubeconfig({ admin }, 'vmcp-admission', account);
    const certDir = join(scope.dir, account);
    const ca = await writeServingCertificate(certDir);
    const flags = ['--kubeconfig', kubeconfig, '--cert-dir', certDir, '--read-secrets', '--watch-pods'];
    const webhook = await startWebhook({ scope, name: account, flags });
    return { account, ca, webhook };
  }

  async function readyz({ healthUrl }: WebhookProcess): Promise<string> {
    return (await fetch(`${healthUrl}/readyz?verbose`)).text();
  }

  it('the list or the watch of a kind: it is not ready, and /readyz and the log name the kind and the right', async () => {
    const { webhook } = await start('lists', ['list mcpgroups', 'watch mcptoolconfigs']);
    const text = await until('both are told', async () => {
      const said = await readyz(webhook);
      return /MCPGroup .*MCPToolConfig|and of 1 more/.test(said) ? said : undefined;
    });
    expect(text).toMatch(
      /\[-\]catalog failed: no complete copy yet of MCPGroup \(.*403.*cannot list resource/,
    );
    await until('the log has both', () => {
      const log = webhook.process.log();
      return (/cannot list resource/.test(log) && /cannot watch resource/.test(log)) || undefined;
    });
  });

  it('the list of Pods and single reads: each answer says what could not be read, no decision is another one, and the log names the right', async () => {
    const namespace = await vmcpNamespace(cluster);
    const { account, ca, webhook } = await start('reads', ['list pods']);
    await webhook.untilReady();
    await until(
      'the log says that Pods cannot be listed',
      () => /cannot list resource \\"pods\\".*could not be compared/.test(webhook.process.log()) || undefined,
    );
    const ask = async (path: string, request: object): Promise<Response> => {
      const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
      const body = { ...review, request: { uid: 'u', operation: 'CREATE', namespace, ...request } };
      const answer = (await post(`${webhook.url}${path}`, ca, body)) as { readonly response?: Response };
      // Without a decision failurePolicy decides, which is Fail.
      return answer.response ?? { allowed: false, ...answer };
    };
    const inject = (object: object) =>
      ask('/mutate', { kind: { group: '', version: 'v1', kind: 'Pod' }, object });
    const entryWith = (spec: object) =>
      ask('/validate', {
        kind: { group: TOOLHIVE, version: 'v1beta1', kind: 'MCPServerEntry' },
        object: {
          apiVersion: `${TOOLHIVE}/v1beta1`,
          kind: 'MCPServerEntry',
          metadata: { name: 'asked', namespace },
          spec: { remoteUrl: 'https://a.example/', transport: 'sse', groupRef: { name: 'team' }, ...spec },
        },
      });
    const pod = await operatorMadePod(namespace, 'asked');
    const labelled = (labels: object, annotations: object = {}): Pod =>
      ({ ...pod, metadata: { ...pod.metadata, labels, annotations } }) as Pod;
    const withLabel = { 'app.kubernetes.io/name': 'virtualmcpserver', 'app.kubernetes.io/instance': 'ghost' };
    const selfManaged = labelled(
      { 'vmcp-admission.dev/inject': 'enabled' },
      { 'vmcp-admission.dev/group': 'ghost' },
    );
    const addHeadersFromSecret = [{ headerName: 'X-A', valueSecretRef: { name: 'keys', key: 'k' } }];
    type Case = readonly [right: string, ask: () => Promise<Response>, allowed: boolean];
    const expectTold = async (cases: readonly Case[]) => {
      await grantAllBut(account, ['list pods', ...cases.map(([right]) => right)]);
      for (const [right, request, allowed] of cases) {
        const told = `cannot get resource \\"${right.replace('get ', '')}\\"`;
        const answer = await until(`the answer says that ${right} is missing`, async () => {
          const given = await request();
          return JSON.stringify(given).includes('answered 403') ? given : undefined;
        });
        expect({ right, allowed: answer.allowed }).toEqual({ right, allowed });
        expect(JSON.stringify(answer)).not.toMatch(/does not exist/);
        await until(`the log tells of ${right}`, () => webhook.process.log().includes(told) || undefined);
      }
    };
    await listGhost(kubectl, namespace);
    await expectTold([
      ['get mcpserverentries', () => inject(pod), true],
      ['get mcpservers', () => inject(pod), true],
      ['get mcpremoteproxies', () => inject(pod), true],
    ]);
    await expectTold([
      ['get configmaps', () => entryWith({ caBundleRef: { configMapRef: { name: 'ca', key: 'k' } } }), true],
      ['get configmaps', () => inject(pod), false],
      ['get secrets', () => entryWith({ headerForward: { addHeadersFromSecret } }), true],
      ['get virtualmcpservers', () => inject(labelled(withLabel)), false],
      ['get mcpgroups', () => inject(selfManaged), false],
    ]);
  });
});
