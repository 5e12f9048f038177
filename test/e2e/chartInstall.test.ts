import { describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { authority } from '../support/certificates.ts';
import { cli as runCli } from '../support/cli.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import {
  isWebhookConfiguration,
  type Manifest,
  type WebhookConfiguration,
} from '../support/cluster/installation.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { CHART, HELM_MAJORS, Helm } from './harness/helm.ts';

const helms = inject('helms');
const NAME = 'vmcp-admission';
const CONFIGURATIONS = 'validatingwebhookconfiguration,mutatingwebhookconfiguration';
/** Every kind that the chart makes on a cluster without cert-manager and Prometheus operator. */
const KINDS = [
  ...[
    'serviceaccount',
    'clusterrole',
    'clusterrolebinding',
    'rolebinding',
    'service',
    'deployment',
    'configmap',
  ],
  ...['poddisruptionbudget', 'networkpolicy', 'job', 'cronjob', 'role', 'secret', CONFIGURATIONS],
].join(',');
const CA = (await authority('CA of a third manager')).cert;

/** What the command line prints, in both streams. */
async function cli(...words: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runCli(words);
  return stdout + stderr;
}

interface Configuration extends WebhookConfiguration {
  readonly metadata: WebhookConfiguration['metadata'] & { readonly name: string };
}

interface Items<T> {
  readonly items: readonly T[];
}

describeOnCluster('a release', ({ kubectl, newNamespace, admin }) => {
  /** Reviews the namespace of the test alone, so that no other test is asked about. */
  const valuesFor = (namespace: string, more: object = {}) => ({
    certificates: { mode: 'existingSecret' },
    namespaces: { include: [namespace] },
    ...more,
  });

  /** What the cluster has of a release. */
  async function objectsOf(release: string): Promise<string[]> {
    const label = `app.kubernetes.io/instance=${release}`;
    const names = await kubectl.ok(['get', KINDS, '--all-namespaces', '-l', label, '-o', 'name']);
    return names.split('\n').filter((line) => line !== '');
  }

  async function configurations(release: string): Promise<readonly Configuration[]> {
    const label = `app.kubernetes.io/instance=${release}`;
    return (await kubectl.get<Items<Configuration>>(CONFIGURATIONS, '-l', label)).items;
  }

  /** Writes the CA into every webhook, as cert-manager's injector does: a manager that has no other field. */
  async function injectCa(release: string): Promise<void> {
    const patches = (await configurations(release)).map(({ apiVersion, kind, metadata, webhooks }) => ({
      apiVersion,
      kind,
      metadata: { name: metadata.name },
      webhooks: webhooks.map(({ name }) => ({
        name,
        clientConfig: { caBundle: Buffer.from(CA).toString('base64') },
      })),
    }));
    await kubectl.ok(['apply', '--server-side', '--field-manager=cainjector', '-f', '-'], patches);
  }

  async function bundles(release: string): Promise<unknown[]> {
    const all = (await configurations(release)).flatMap(({ webhooks }) => webhooks);
    return [...new Set(all.map(({ clientConfig }) => clientConfig.caBundle))];
  }

  describe.skipIf(helms === undefined).each(HELM_MAJORS)('of Helm %i', (major) => {
    const helm = new Helm({ ...admin, binary: helms?.[major] ?? '' });

    it('is installed, upgraded and uninstalled, and nothing of it stays', async () => {
      const namespace = await newNamespace();
      const [release, inNamespace] = [namespace, ['--namespace', namespace]];
      await helm.ok(['install', release, CHART, ...inNamespace], valuesFor(namespace));
      const name = `${release}-${NAME}`;
      const installed = await objectsOf(release);
      expect(installed).toContain(`deployment.apps/${name}`);
      expect(installed).toContain(`rolebinding.rbac.authorization.k8s.io/${name}`);
      expect(installed.filter((line) => line.includes('webhookconfiguration'))).toHaveLength(2);

      const printed = await cli('certs', '--service', name, '--namespace', namespace);
      await kubectl.ok(
        ['apply', '--server-side', '--field-manager=vmcp-admission-certs', '-f', '-'],
        printed,
      );
      const [trusted] = await bundles(release);
      expect(trusted).toMatch(/^LS0tLS1CRUdJTi/);
      const policy = { rules: { 'remote-url-private': 'warn' } };
      await helm.ok(
        ['upgrade', release, CHART, ...inNamespace],
        valuesFor(namespace, { replicas: 1, policy }),
      );
      expect(await objectsOf(release)).toEqual(
        expect.arrayContaining([...installed, `configmap/${name}-policy`]),
      );
      expect(await kubectl.get('deployment', name, ...inNamespace)).toMatchObject({ spec: { replicas: 1 } });
      expect(await kubectl.get('pdb', name, ...inNamespace)).toMatchObject({ spec: { maxUnavailable: 1 } });
      expect(await bundles(release)).toEqual([trusted]);

      await helm.ok(['rollback', release, '1', ...inNamespace]);
      expect(await objectsOf(release)).toEqual(installed);
      expect(await kubectl.get('deployment', name, ...inNamespace)).toMatchObject({ spec: { replicas: 2 } });
      expect(await bundles(release)).toEqual([trusted]);

      // No kubelet runs the Job of the hook here.
      await helm.ok(['uninstall', release, ...inNamespace, '--no-hooks']);
      expect(await objectsOf(release)).toEqual([]);
      // The Secret of `certs` is not of the release, and the release's own Secrets are gone.
      expect(await kubectl.ok(['get', 'secret', ...inNamespace, '-o', 'name'])).toBe(
        'secret/vmcp-admission-tls\n',
      );
    });

    it('keeps the certificates that renew themselves over upgrade and rollback, and runs a Job at each', async () => {
      const namespace = await newNamespace();
      const [release, inNamespace] = [namespace, ['--namespace', namespace]];
      const name = `${release}-${NAME}`;
      const values = (more: object = {}) =>
        valuesFor(namespace, { certificates: { mode: 'selfManaged' }, ...more });
      const jobs = async () => (await objectsOf(release)).filter((line) => line.startsWith('job.batch/'));
      const written = async () => ({
        secret: await kubectl.ok([
          'get',
          'secret',
          `${name}-certs`,
          ...inNamespace,
          '-o',
          'jsonpath={.data}',
        ]),
        trusted: (await bundles(release)).map((bundle) => Buffer.from(String(bundle), 'base64').toString()),
      });
      await helm.ok(['install', release, CHART, ...inNamespace], values());
      const first = await jobs();
      await injectCa(release);
      const flags = ['--service', name, '--secret', `${name}-certs`, '--kubeconfig', admin.kubeconfig];
      expect(await cli('certs', 'rotate', ...flags, ...inNamespace)).toContain(
        'stored a new serving certificate',
      );
      const before = await written();
      expect(before.secret).toContain('tls.crt');
      // What another maker had trusted stays trusted, for the replicas that still serve its certificate.
      expect(before.trusted.map((bundle) => bundle.split('BEGIN').length - 1)).toEqual([2]);
      expect(before.trusted[0]).toContain(CA);
      await helm.ok(['upgrade', release, CHART, ...inNamespace], values({ image: { tag: 'next' } }));
      const second = await jobs();
      await helm.ok(['rollback', release, '1', ...inNamespace]);
      expect(await written()).toEqual(before);
      const third = await jobs();
      expect([first.length, second.length, third.length]).toEqual([1, 1, 1]);
      expect(second).not.toEqual(first);
      expect(third).toEqual(first);
      await helm.ok(['uninstall', release, ...inNamespace, '--no-hooks']);
      expect(await objectsOf(release)).toEqual([]);
    });

    it('stands beside another one of its namespace, and is refused where another namespace has its name', async () => {
      const [namespace, elsewhere] = [await newNamespace(), await newNamespace()];
      const [blue, green] = [`${namespace}-blue`, `${namespace}-green`];
      const here = ['--namespace', namespace];
      for (const release of [blue, green])
        await helm.ok(['install', release, CHART, ...here], valuesFor(namespace));
      const installed = await objectsOf(green);
      const refused = await helm.run(
        ['install', blue, CHART, '--namespace', elsewhere],
        valuesFor(elsewhere),
      );
      expect(refused.stderr).toMatch(/exists and cannot be imported into the current release/);
      await helm.ok(['uninstall', blue, ...here, '--no-hooks']);
      expect(await objectsOf(green)).toEqual(installed);
      await helm.ok(['uninstall', green, ...here, '--no-hooks']);
    });

    it('stays whole when its hook cannot run, and is uninstalled without it', async () => {
      const namespace = await newNamespace();
      const [release, inNamespace] = [namespace, ['--namespace', namespace]];
      await helm.ok(['install', release, CHART, ...inNamespace], valuesFor(namespace));
      const installed = await objectsOf(release);
      // No controller runs Jobs here, so the one of the hook never ends.
      expect((await helm.run(['uninstall', release, ...inNamespace, '--timeout', '2s'])).code).toBe(1);
      expect(await objectsOf(release)).toEqual(expect.arrayContaining(installed));
      await helm.ok(['uninstall', release, ...inNamespace, '--no-hooks']);
      expect(await objectsOf(release)).toEqual([`job.batch/${release}-${NAME}-uninstall`]);
      await kubectl.ok(['delete', 'job', `${release}-${NAME}-uninstall`, ...inNamespace]);
    });

    it('is opened by the command of its hook, which may delete its two configurations and no other', async () => {
      const namespace = await newNamespace();
      const [release, inNamespace] = [namespace, ['--namespace', namespace]];
      await helm.ok(['install', release, CHART, ...inNamespace], valuesFor(namespace));
      // Beside those of `helm test`.
      const hooks = parseAllDocuments(await helm.ok(['get', 'hooks', release, ...inNamespace]))
        .map((document) => document.toJS() as Manifest)
        .filter(({ metadata }) => metadata.name === `${release}-${NAME}-uninstall`);
      const rights = hooks.filter(({ kind }) => kind !== 'Job');
      await kubectl.ok(['apply', ...inNamespace, '-f', '-'], rights);
      // biome-ignore lint/suspicious/noExplicitAny: a Job as Helm rendered it
      const { spec } = (hooks.find(({ kind }) => kind === 'Job') as any).spec.template;
      const kubeconfig = await serviceAccountKubeconfig({ admin }, namespace, spec.serviceAccountName);
      const run = (words: readonly string[]) => cli(...words, '--kubeconfig', kubeconfig);
      const args = spec.containers[0].args as string[];
      expect(await run(args.map((arg) => (arg.startsWith('--name=') ? '--name=another' : arg)))).toMatch(
        /^(\w+\/another was not deleted: the API server answered 403.*\n){2}$/,
      );
      expect(await configurations(release)).toHaveLength(2);
      const name = `${release}-${NAME}`;
      expect(await run(args)).toBe(
        `validatingwebhookconfigurations/${name} deleted\nmutatingwebhookconfigurations/${name} deleted\n`,
      );
      expect(await configurations(release)).toEqual([]);
      await helm.ok(['uninstall', release, ...inNamespace, '--no-hooks']);
      await kubectl.ok(['delete', ...inNamespace, '-f', '-'], rights);
      expect(await objectsOf(release)).toEqual([]);
    });
  });

  it.skipIf(helms === undefined).each(['argocd-controller', 'kustomize-controller'])(
    'that %s applies has no drift after another manager wrote the caBundle',
    async (manager) => {
      const namespace = await newNamespace();
      const release = namespace;
      const helm = new Helm({ binary: helms?.[4] ?? '', home: admin.home });
      const objects = (await helm.template(release, namespace, valuesFor(namespace))).filter(
        ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined,
      );
      const asManager = ['--server-side', `--field-manager=${manager}`, '--namespace', namespace, '-f', '-'];
      await kubectl.ok(['apply', ...asManager], objects);
      await injectCa(release);
      expect(await kubectl.run(['diff', ...asManager], objects)).toEqual({ code: 0, stdout: '', stderr: '' });
      const other = objects.filter(isWebhookConfiguration).map((configuration) => ({
        ...configuration,
        webhooks: configuration.webhooks.map((webhook) => ({ ...webhook, timeoutSeconds: 7 })),
      }));
      expect((await kubectl.run(['diff', ...asManager], other)).stdout).toMatch(/^\+ +timeoutSeconds: 7$/m);
      await kubectl.ok(['delete', '--namespace', namespace, '-f', '-'], objects);
    },
  );
});
