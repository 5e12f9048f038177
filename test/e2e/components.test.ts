import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import {
  isWebhookConfiguration,
  type Manifest,
  plainObjects,
  ROOT,
  withComponents,
} from '../support/cluster/installation.ts';
import { expectAgreeingNames } from './harness/agreeingNames.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { expectHostNetwork, HOST_NETWORK_WARNING } from './harness/hostNetwork.ts';

const RENAMED = { namespace: 'platform', namePrefix: 'x-' };
const COMPONENTS = readdirSync(join(ROOT, 'deploy/components')).sort();
const ALONE = COMPONENTS.map((name) => [name]);
/** Of a node the kubelet has port 10250, so a Pod in the network of the node would never start. */
const EXCLUSIVE = ['host-network', 'port-10250'];
const PAIRS = COMPONENTS.flatMap((a, index) => COMPONENTS.slice(index + 1).map((b) => [a, b])).filter(
  (pair) => !EXCLUSIVE.every((name) => pair.includes(name)),
);
/** Kinds that the API server of the tests does not know. */
const FOREIGN = ['cert-manager.io/', 'monitoring.coreos.com/'];

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `verb resource` for all that an object grants. */
function rights(object: Manifest): string[] {
  const { rules } = object as Manifest & { readonly rules: readonly Rule[] };
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`)),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: what kustomize renders is asked for fields of many kinds
type Anything = any;

describeOnCluster('the components of deploy/', ({ kubectl }) => {
  const installation = async (components: readonly string[], renamed = false): Promise<Anything[]> => [
    ...(await withComponents(kubectl, components, renamed ? RENAMED : {})),
  ];

  function checkNames(objects: readonly Anything[], namespace: string, name: string): void {
    const of = (kind: string) => objects.filter((object) => object.kind === kind);
    expect(JSON.stringify(objects)).not.toContain('$(VMCP');
    expect(of('Namespace').map(({ metadata }) => metadata.name)).toEqual([namespace]);
    expect(of('Service')[0].metadata.namespace).toBe(namespace);
    expectAgreeingNames(objects, namespace, name);
  }

  it.each([[], ...ALONE, ...PAIRS].map((names) => [names.join(' + ') || 'none', names] as const))(
    '%s: the names agree with each other, as shipped and with another namespace and a prefix',
    async (_, names) => {
      checkNames(await installation(names), 'vmcp-admission', 'vmcp-admission');
      checkNames(await installation(names.toReversed(), true), 'platform', 'x-vmcp-admission');
    },
  );

  it.each(['workload', 'registration'])('base/%s can be applied alone under other names', async (part) => {
    const more = { ...RENAMED, resources: [`../deploy/base/${part}`] };
    const whole = await withComponents(kubectl, [], RENAMED);
    expect(await withComponents(kubectl, [], more)).toEqual(
      whole.filter((object) => isWebhookConfiguration(object) === (part === 'registration')),
    );
  });

  it.each(['workload', 'registration'])('base/%s can be applied alone for named namespaces', async (part) => {
    const whole = await withComponents(kubectl, ['namespaced']);
    const half = { resources: [`../deploy/base/${part}`] };
    expect(await withComponents(kubectl, [`namespaced/${part}`], half)).toEqual(
      whole.filter((object) => isWebhookConfiguration(object) === (part === 'registration')),
    );
  });

  it.each(COMPONENTS)('%s is taken by the API server without a warning', async (name) => {
    const objects = (await installation([name])).filter(
      ({ apiVersion }) => !FOREIGN.some((group) => apiVersion.startsWith(group)),
    );
    if (name === 'namespaced') await kubectl.run(['create', 'namespace', 'team-a']);
    const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
    // The dry run leaves the label of the namespace as it is, which the component changes.
    expect(await kubectl.run(args, objects)).toMatchObject({
      code: 0,
      stderr: name === 'host-network' ? HOST_NETWORK_WARNING : '',
    });
  });

  it('fail-open changes the failure policy of every webhook, and nothing else', async () => {
    // By name: a merge puts the webhooks that a patch names first, and their order means nothing.
    const webhooks = async (components: string[]) =>
      (await installation(components))
        .filter(isWebhookConfiguration)
        .flatMap((configuration) => configuration.webhooks)
        .sort((a, b) => a.name.localeCompare(b.name));
    expect(await webhooks(['fail-open'])).toEqual(
      (await webhooks([])).map((webhook) => ({ ...webhook, failurePolicy: 'Ignore' })),
    );
  });

  it.each([
    ['secrets', 'get secrets'],
    ['namespace-labels', 'get namespaces'],
    ['watch-pods', 'list pods'],
  ])('%s adds to %s, and nothing else', async (component, right) => {
    const granted = async (components: string[]) =>
      (await installation(components)).filter(({ kind }) => kind === 'ClusterRole').flatMap(rights);
    expect(await granted([component])).toEqual([...(await granted([])), right]);
  });

  it.each([[['namespaced']], [['namespaced', 'secrets']], [['secrets', 'namespaced']]])(
    '%j grants nothing in the cluster as a whole',
    async (names) => {
      const objects = await installation(names);
      expect(objects.filter(({ kind }) => kind === 'ClusterRoleBinding')).toEqual([]);
      expect(objects.filter(({ kind }) => kind === 'RoleBinding')).toMatchObject([
        { metadata: { namespace: 'team-a' }, roleRef: { name: 'vmcp-admission' } },
      ]);
      for (const configuration of objects.filter(isWebhookConfiguration))
        for (const webhook of configuration.webhooks)
          expect(webhook).toMatchObject({
            namespaceSelector: { matchExpressions: [{ operator: 'In', values: ['team-a'] }] },
          });
    },
  );

  it('namespaced keeps its RoleBinding when a folder below it sets the namespace and a prefix', async () => {
    const below = await mkdtemp(join(ROOT, '.kustomize-'));
    try {
      const kustomization = { ...RENAMED, resources: ['../deploy/base'] };
      await writeFile(join(below, 'kustomization.yaml'), stringify(kustomization));
      const more = { resources: [`../${basename(below)}`] };
      const objects = await withComponents(kubectl, ['namespaced'], more);
      checkNames(objects, 'platform', 'x-vmcp-admission');
      expect(objects.filter(({ kind }) => kind === 'RoleBinding')).toMatchObject([
        { metadata: { namespace: 'team-a' } },
      ]);
    } finally {
      await rm(below, { recursive: true, force: true });
    }
  });

  it.each(['without-cert-manager', 'openshift'])('%s has nothing of cert-manager', async (name) => {
    expect(JSON.stringify(await installation([name]))).not.toContain('cert-manager');
  });

  it('openshift leaves the ids to the namespace and the certificates to the service CA', async () => {
    const objects = await installation(['openshift']);
    const { securityContext } = objects.find(({ kind }) => kind === 'Deployment').spec.template.spec;
    expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(objects.find(({ kind }) => kind === 'Service').metadata.annotations).toEqual({
      'service.beta.openshift.io/serving-cert-secret-name': 'vmcp-admission-tls',
    });
    for (const { metadata } of objects.filter(isWebhookConfiguration))
      expect(metadata.annotations).toMatchObject({ 'service.beta.openshift.io/inject-cabundle': 'true' });
  });

  it('host-network changes all that follows from it', async () => {
    const objects = await installation(['host-network']);
    expectHostNetwork(objects);
    expect(objects.find(({ kind }) => kind === 'Namespace').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'privileged',
    });
  });

  it.each([[EXCLUSIVE], [EXCLUSIVE.toReversed()]])('%j cannot be rendered together', async (names) => {
    await expect(installation(names)).rejects.toThrow(/testing value \/spec\/template\/spec\/.* failed/);
  });

  it('port-10250 changes the port in every place', async () => {
    const objects = await installation(['port-10250']);
    expect(JSON.stringify(plainObjects(objects))).not.toContain('8443');
  });
});
