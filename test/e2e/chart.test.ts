import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../../src/rules/policy/policyFile.ts';
import { readSettings } from '../../src/settings.ts';
import { isWebhookConfiguration, type Manifest, withComponents } from '../support/cluster/installation.ts';
import { expectAgreeingNames } from './harness/agreeingNames.ts';
import { VALUE_SETS, WRONG_VALUES } from './harness/chartValues.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { CHART, HELM_MAJORS, Helm, type HelmMajor } from './harness/helm.ts';
import { expectHostNetwork, HOST_NETWORK_WARNING } from './harness/hostNetwork.ts';

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are asked for fields of many kinds
type Anything = any;

const helms = inject('helms');
const home = await mkdtemp(join(tmpdir(), 'vmcp-admission-chart-'));
afterAll(() => rm(home, { recursive: true, force: true }));
const NAME = 'vmcp-admission';
/** Kinds that the API server of the tests does not know. */
const FOREIGN = ['cert-manager.io/', 'monitoring.coreos.com/'];
const SETS = Object.entries(VALUE_SETS);

function helm(major: HelmMajor): Helm {
  return new Helm({ binary: helms?.[major] ?? '', home });
}

function isHook({ metadata }: Manifest): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined;
}

/** The hooks of a kind, of the release `prod` in the namespace `platform`. */
async function hooksOf(hook: string, values: object): Promise<Anything[]> {
  const objects: readonly Anything[] = await helm(4).template('prod', 'platform', values);
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === hook);
}

async function installed(values: object, release = NAME, namespace = NAME): Promise<Anything[]> {
  return (await helm(4).template(release, namespace, values)).filter((object) => !isHook(object));
}

function byName(a: Manifest, b: Manifest): number {
  return `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`);
}

/** The labels that say which release made an object, and the one by which kubectl applies deploy/ in two steps. */
const RELEASE_LABELS = /^(app\.kubernetes\.io\/(component|instance|version|managed-by)|helm\.sh\/chart)$/;

/** A value without the labels of the release, wherever they are. */
function withoutReleaseLabels(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReleaseLabels);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !RELEASE_LABELS.test(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutReleaseLabels(inner)]));
}

/** The values of the chart that grant what a component grants. */
const RIGHTS_VALUES: Readonly<Record<string, object>> = {
  secrets: { readSecrets: true },
  'namespace-labels': { readNamespaceLabels: true },
  'watch-pods': { watchPods: true },
  namespaced: { namespaces: { include: ['team-a'] } },
  'self-managed-certs': { certificates: { mode: 'selfManaged' } },
};
const RIGHTS_COMPONENTS = Object.keys(RIGHTS_VALUES);
/** Each of these components, each pair, and all. */
const ALTERING_RIGHTS = [
  ...RIGHTS_COMPONENTS.map((name) => [name]),
  ...RIGHTS_COMPONENTS.flatMap((a, index) => RIGHTS_COMPONENTS.slice(index + 1).map((b) => [a, b])),
  RIGHTS_COMPONENTS,
].map((names) => [names] as const);

/** A line for each right, and for each binding whom it gives what where. */
function rightsOf(objects: readonly Anything[]): string[] {
  const rules = objects.flatMap(({ kind, metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }: Anything) =>
      resources.flatMap((resource: string) =>
        verbs.map(
          (verb: string) => `${kind} ${metadata.name}: ${verb} ${resource} ${apiGroups} ${resourceNames}`,
        ),
      ),
    ),
  );
  const bindings = objects
    .filter(({ roleRef }) => roleRef)
    .map(({ kind, metadata, roleRef, subjects }) => {
      const where = kind === 'RoleBinding' ? (metadata.namespace ?? NAME) : 'all';
      return `${roleRef.kind} ${roleRef.name} in ${where}: ${JSON.stringify(subjects)}`;
    });
  return [...rules, ...bindings].sort();
}

describe.skipIf(helms === undefined)('the chart, rendered alone', () => {
  describe.each(HELM_MAJORS)('by Helm %i', (major) => {
    it.each(SETS)('passes helm lint --strict with %s', async (_, values) => {
      const { code, stdout } = await helm(major).run(['lint', '--strict', CHART], values);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining('1 chart(s) linted, 0 chart(s) failed'),
      });
    });

    it('packages the files that are links in the checkout', async () => {
      const folder = await mkdtemp(join(home, 'package-'));
      const printed = await helm(major).ok(['package', CHART, '--destination', folder]);
      const archive = /saved it to: (\S+)/.exec(printed)?.[1] ?? '';
      expect(await helm(major).ok(['template', NAME, archive])).toBe(
        await helm(major).ok(['template', NAME, CHART]),
      );
    });

    it.each(WRONG_VALUES)('refuses %j', async (values, named) => {
      const { code, stderr } = await helm(major).run(['template', NAME, CHART], values);
      expect(code).toBe(1);
      expect(stderr).toContain(named);
    });
  });

  it.each(SETS)('is the same for both with %s', async (_, values) => {
    // The two sort objects of one kind differently.
    const [three, four] = [
      await helm(3).template(NAME, NAME, values),
      await helm(4).template(NAME, NAME, values),
    ];
    expect(three.toSorted(byName)).toEqual(four.toSorted(byName));
  });

  it.each(SETS)('starts serve with settings and a policy that it takes, with %s', async (_, values) => {
    const objects = await installed(values);
    const [container] = objects.find(({ kind }) => kind === 'Deployment').spec.template.spec.containers;
    const [command, ...flags] = container.args as string[];
    expect(command).toBe('serve');
    const given = flags.map((flag) => /^--([a-z-]+)=(.*)$/.exec(flag) ?? []);
    const camel = (name = '') => name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    expect(
      readSettings(Object.fromEntries(given.map(([, name, value]) => [camel(name), value])), {}),
    ).toMatchObject({ ok: true });
    for (const { kind, data } of objects)
      if (kind === 'ConfigMap' && data['policy.yaml'])
        expect(parsePolicy(parse(data['policy.yaml']))).toMatchObject({ ok: true });
  });

  it.each(SETS)(
    'uses names that agree, under another name and in another namespace, with %s',
    async (_, values) => {
      const objects = await installed(values, 'prod', 'platform');
      expectAgreeingNames(objects, 'platform', 'prod-vmcp-admission');
      const one = (wanted: string) => objects.find(({ kind }) => kind === wanted);
      const { matchLabels } = one('Deployment').spec.selector;
      expect(one('Deployment').spec.template.metadata.labels).toMatchObject(matchLabels);
      expect(one('Service').spec.selector).toEqual(matchLabels);
      expect(one('PodDisruptionBudget').spec.selector).toEqual({ matchLabels });
      for (const { kind, spec } of objects)
        if (kind === 'NetworkPolicy') expect(spec.podSelector).toEqual({ matchLabels });
    },
  );

  it('makes one hook Job before an uninstallation, whose Pod has no label of the replicas', async () => {
    const hooks = await hooksOf('pre-delete', {});
    const job = hooks.find(({ kind }) => kind === 'Job');
    const selector = (await installed({}, 'prod', 'platform')).find(({ kind }) => kind === 'Service').spec
      .selector;
    expect(job.spec.template.metadata.labels).not.toMatchObject(selector);
    expect(hooks.find(({ kind }) => kind === 'ClusterRole').rules).toEqual([
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
        resourceNames: ['prod-vmcp-admission'],
        verbs: ['delete'],
      },
    ]);
  });

  it('runs doctor as its test, in a namespace that is reviewed, and with no right to change what is there', async () => {
    const namespacesOf = async (values: object) => {
      const hooks = await hooksOf('test', values);
      const [job] = hooks.filter(({ kind }) => kind === 'Job');
      const creates = hooks.filter(
        ({ kind, rules = [] }) =>
          kind === 'Role' && rules.some(({ verbs }: Anything) => verbs.includes('create')),
      );
      const verbs = hooks.flatMap(({ rules = [] }) => rules.flatMap((rule: Anything) => rule.verbs));
      expect(new Set(verbs)).toEqual(new Set(['get', 'list', 'create']));
      expect(creates.map(({ rules }) => rules)).toEqual([
        [{ apiGroups: ['toolhive.stacklok.dev'], resources: ['mcpserverentries'], verbs: ['create'] }],
      ]);
      const [container] = job.spec.template.spec.containers;
      expect(container.args).toEqual([
        ...['doctor', '--wait=2m', '--require=entry-denied', '--verbose'],
        ...['--name=prod-vmcp-admission', '--namespace=platform'],
        `--probe-namespace=${creates[0].metadata.namespace}`,
      ]);
      return creates[0].metadata.namespace;
    };
    expect(await namespacesOf({})).toBe('default');
    expect(await namespacesOf({ namespaces: { include: ['team-a', 'team-b'] } })).toBe('team-a');
    expect(await namespacesOf({ test: { namespace: 'sandbox' } })).toBe('sandbox');
    expect(await hooksOf('test', { test: { enabled: false } })).toEqual([]);
  });

  it('on OpenShift leaves the ids to the namespace and the certificates to the service CA', async () => {
    const objects = await installed(VALUE_SETS.OpenShift ?? {});
    const one = (wanted: string) => objects.find(({ kind }) => kind === wanted);
    expect(one('Deployment').spec.template.spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(one('Service').metadata.annotations).toEqual({
      'service.beta.openshift.io/serving-cert-secret-name': 'vmcp-admission-tls',
    });
    for (const { metadata } of objects.filter(isWebhookConfiguration))
      expect(metadata.annotations).toMatchObject({ 'service.beta.openshift.io/inject-cabundle': 'true' });
    expect(JSON.stringify(objects)).not.toContain('cert-manager');
  });

  it('keeps names of Jobs short enough for a long name of a release', async () => {
    const long = 'a'.repeat(53);
    const objects = await installed({ certificates: { mode: 'selfManaged' } }, long);
    for (const [kind, most] of [
      ['Job', 63],
      ['CronJob', 52],
    ] as const)
      expect(objects.find((object) => object.kind === kind).metadata.name.length).toBeLessThanOrEqual(most);
  });

  it.each(['prod.eu', '1prod'])('says that a release cannot be called %s', async (name) => {
    const { code, stderr } = await helm(4).run(['template', name, CHART]);
    expect(code).toBe(1);
    expect(stderr).toContain(`the release "${name}" cannot have a Service "${name}-vmcp-admission"`);
  });

  it('gives each release of a namespace a Secret of its own', async () => {
    for (const mode of ['certManager', 'openshift', 'selfManaged']) {
      const secrets = ['blue', 'green'].map(async (release) => {
        const objects = await installed({ certificates: { mode } }, release);
        return objects.find(({ kind }) => kind === 'Deployment').spec.template.spec.volumes[0].secret
          .secretName;
      });
      expect(new Set(await Promise.all(secrets)).size, mode).toBe(2);
    }
  });

  it('makes another Job for another image, since a Job cannot be changed', async () => {
    const nameFor = async (tag: string) =>
      (await installed({ certificates: { mode: 'selfManaged' }, image: { tag } })).find(
        ({ kind }) => kind === 'Job',
      ).metadata.name;
    expect(await nameFor('1')).toBe(await nameFor('1'));
    expect(await nameFor('1')).not.toBe(await nameFor('2'));
  });

  it('on the network of the node changes all that follows from it', async () => {
    const objects = await installed(VALUE_SETS['the network of the node'] ?? {});
    expectHostNetwork(objects);
    expect(objects.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  });

  it('for named namespaces has rights and is asked in these alone', async () => {
    const objects = await installed({ namespaces: { include: ['team-a', 'team-b'] } });
    expect(objects.filter(({ kind }) => kind === 'ClusterRoleBinding')).toEqual([]);
    expect(
      objects.filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.namespace),
    ).toEqual(['team-a', 'team-b']);
    for (const { webhooks } of objects.filter(isWebhookConfiguration) as Anything[])
      for (const { namespaceSelector } of webhooks)
        expect(namespaceSelector.matchExpressions).toEqual([
          { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['team-a', 'team-b'] },
        ]);
  });

  it('lets a single replica be evicted', async () => {
    const budget = async (values: object) =>
      (await installed(values)).find(({ kind }) => kind === 'PodDisruptionBudget').spec;
    expect(await budget({})).toMatchObject({ minAvailable: 1 });
    expect(await budget({ replicas: 1 })).toMatchObject({ maxUnavailable: 1 });
  });

  it('fails open where values say so, and never closes what only warns', async () => {
    const policies = async (failurePolicy: string) =>
      (await installed({ validate: { failurePolicy }, inject: { failurePolicy } }))
        .filter(isWebhookConfiguration)
        .flatMap(({ webhooks }) => webhooks.map((webhook) => [webhook.name, webhook.failurePolicy]));
    for (const [, policy] of await policies('Ignore')) expect(policy).toBe('Ignore');
    const closed = (await policies('Fail')).filter(([, policy]) => policy !== 'Fail');
    expect(closed).toEqual([['groups.vmcp-admission.dev', 'Ignore']]);
  });

  it('changes the port in every place', async () => {
    expect(JSON.stringify(await installed({ port: 9443 }))).not.toContain('10250');
  });
});

describeOnCluster('the chart', ({ kubectl, newNamespace }) => {
  let namespace: string;
  beforeAll(async () => {
    if (helms) namespace = await newNamespace({ 'pod-security.kubernetes.io/warn': 'restricted' });
  });

  it.skipIf(helms === undefined).each([
    ['deploy/', [], {}],
    ['the component namespace-labels', ['namespace-labels'], { readNamespaceLabels: true }],
    ['the component watch-pods', ['watch-pods'], { watchPods: true }],
    ['the component self-managed-certs', ['self-managed-certs'], { certificates: { mode: 'selfManaged' } }],
  ] as const)('renders what %s has', async (_, components, values) => {
    // Jobs have another name each time with Helm, and a short life with kustomize.
    const apart = ['Namespace', 'Job'];
    const base = (await withComponents(kubectl, components))
      .filter(({ kind }) => !apart.includes(kind))
      .map(({ metadata: { namespace: _namespace, ...metadata }, ...object }) => ({ ...object, metadata }));
    const chart = (await installed({ port: 8443, ...values })).filter(({ kind }) => !apart.includes(kind));
    expect(withoutReleaseLabels(chart.toSorted(byName))).toEqual(withoutReleaseLabels(base.toSorted(byName)));
  });

  it.skipIf(helms === undefined).each(ALTERING_RIGHTS)('grants what %j grant', async (components) => {
    const values = Object.assign({ port: 8443 }, ...components.map((name) => RIGHTS_VALUES[name]));
    const chart = await installed(values);
    const base = await withComponents(kubectl, components);
    expect(rightsOf(chart)).toEqual(rightsOf(base));
  });

  it.skipIf(helms === undefined)('runs in its Job what its CronJob runs', async () => {
    for (const objects of [
      await installed({ certificates: { mode: 'selfManaged' } }),
      (await withComponents(kubectl, ['self-managed-certs'])) as readonly Anything[],
    ]) {
      const one = (wanted: string) => objects.find(({ kind }) => kind === wanted);
      const { ttlSecondsAfterFinished: _ttl, ...job } = one('Job').spec;
      expect(job).toEqual(one('CronJob').spec.jobTemplate.spec);
    }
  });

  it
    .skipIf(helms === undefined)
    .each([
      ...SETS.map(([name, values]) => [name, values, 'tried'] as const),
      ['the longest name of a release', { certificates: { mode: 'selfManaged' } }, 'a'.repeat(53)] as const,
    ])('is taken by the API server without a warning, with %s', async (name, values, release) => {
    const here = JSON.parse(JSON.stringify(values).replace('existing-namespace', namespace)) as object;
    const objects = (await helm(4).template(release, namespace, here)).filter(
      ({ apiVersion }) => !FOREIGN.some((group) => apiVersion.startsWith(group)),
    );
    // The API server would refuse a caBundle that is not a certificate.
    for (const object of objects.filter(isWebhookConfiguration) as Anything[])
      for (const { clientConfig } of object.webhooks) delete clientConfig.caBundle;
    // Not --namespace, which kubectl takes for one object alone when others name another.
    const placed = objects.map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
    const args = ['apply', '--server-side', '--dry-run=server', '-f', '-'];
    expect(await kubectl.run(args, placed)).toMatchObject({
      code: 0,
      stderr: name === 'the network of the node' ? HOST_NETWORK_WARNING : '',
    });
  });
});
