import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubeConfigSource } from '../../src/apiClient/kubeconfig.ts';
import { sender } from '../../src/apiClient/send.ts';
import { clusterOf } from '../../src/rotation/apiServer.ts';
import { rotate } from '../../src/rotation/rotate.ts';
import { CertFolder } from '../support/certificates.ts';
import { cli as runCli } from '../support/cli.ts';
import { AdminApi } from '../support/cluster/adminApi.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import { handshake } from '../support/cluster/handshake.ts';
import {
  isWebhookConfiguration,
  type Manifest,
  type WebhookConfiguration,
  withComponents,
} from '../support/cluster/installation.ts';
import { Kubelet } from '../support/cluster/kubelet.ts';
import { ServiceAddress } from '../support/cluster/serviceAddress.ts';
import { runLoad } from '../support/load.ts';
import { ProcessScope } from '../support/processes.ts';
import { freePort } from '../support/wait.ts';
import { startWebhook } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';

const MEMBERS = /^(Secret|ServiceAccount|(Cluster)?Role(Binding)?)$/;
const KINDS = ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'] as const;
/** How late the kubelets of the two replicas are, and what the rotation waits; all shorter than in life. */
const LATE = [200, 1_500] as const;
const SETTLE = 1_000;
const GRACE = 4_000;

interface Cli {
  readonly code: number;
  readonly output: string;
}

/** `certs rotate` as a Job runs it, without the container. */
async function cli(kubeconfig: string, ...args: readonly string[]): Promise<Cli> {
  const { code, stdout, stderr } = await runCli(['certs', 'rotate', '--kubeconfig', kubeconfig, ...args]);
  return { code, output: stdout + stderr };
}

const text = (base64 = '') => Buffer.from(base64, 'base64').toString();

describeOnCluster('vmcp-admission certs rotate', ({ kubectl, newNamespace, admin, until }) => {
  let namespace: string;
  let name: string;
  let objects: readonly Manifest[];
  let kubeconfig: string;

  /** An installation of its own, whose Pods no kubelet runs: the Secret, the rights, and the configurations. */
  beforeEach(async () => {
    namespace = await newNamespace();
    name = `${namespace}-vmcp-admission`;
    const more = { namespace, namePrefix: `${namespace}-` };
    objects = await withComponents(kubectl, ['self-managed-certs'], more);
    const wanted = objects.filter(
      ({ kind, metadata }) => MEMBERS.test(kind) && metadata.name.endsWith('-certs'),
    );
    await kubectl.ok(['apply', '--server-side', '-f', '-'], wanted);
    kubeconfig = await serviceAccountKubeconfig({ admin }, namespace, `${name}-certs`);
  });
  afterEach(() => kubectl.ok(['delete', KINDS.join(), name, '--ignore-not-found']));

  /** Registers the configurations for this namespace alone; they call a URL. */
  async function register(url: string): Promise<void> {
    const key = 'kubernetes.io/metadata.name';
    const namespaceSelector = { matchExpressions: [{ key, operator: 'In', values: [namespace] }] };
    const configurations = objects.filter(isWebhookConfiguration).map((configuration) => ({
      ...configuration,
      webhooks: configuration.webhooks.map((webhook) => ({
        ...webhook,
        namespaceSelector,
        clientConfig: { url: `${url}${webhook.clientConfig.service?.path ?? ''}` },
      })),
    }));
    await kubectl.ok(['apply', '--server-side', '-f', '-'], configurations);
  }

  const flags = () => ['--service', name, '--namespace', namespace, '--secret', `${name}-certs`];
  const run = (...more: readonly string[]) => cli(kubeconfig, ...flags(), '--settle', '0s', ...more);

  async function secretData(): Promise<Readonly<Record<string, string>>> {
    const { data = {} } = await kubectl.get<{ data?: Record<string, string> }>(
      'secret',
      `${name}-certs`,
      '-n',
      namespace,
    );
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]));
  }

  /** The different caBundles of all webhooks. */
  async function bundles(): Promise<readonly string[]> {
    const all = await Promise.all(KINDS.map((kind) => kubectl.get<WebhookConfiguration>(kind, name)));
    const found = all.flatMap(({ webhooks }) =>
      webhooks.map(({ clientConfig }) => text(clientConfig.caBundle)),
    );
    return [...new Set(found)];
  }

  it('fills what the component made, with the rights of its account alone, and then has nothing to do', async () => {
    await register('https://127.0.0.1:1');
    const first = await run();
    expect(first.output).toMatch(
      /^stored a new CA\n\S+: caBundle has 1 CA now\n\S+: caBundle has 1 CA now\nstored a new serving certificate\nnothing more to do before 20\S+Z\n$/,
    );
    expect(first.code).toBe(0);
    const data = await secretData();
    const leaf = new X509Certificate(data['tls.crt'] ?? '');
    expect(leaf.checkHost(`${name}.${namespace}.svc`)).toBeDefined();
    const [bundle, ...others] = await bundles();
    expect(others).toEqual([]);
    expect(leaf.verify(new X509Certificate(bundle ?? '').publicKey)).toBe(true);
    expect(await run()).toEqual({
      code: 0,
      output: expect.stringMatching(/^nothing more to do before \S+\n$/),
    });
    const rights = [
      'create secrets',
      'get secrets',
      'list secrets',
      `delete secrets/${name}-certs`,
      'patch pods',
    ];
    for (const right of rights) {
      const [verb = '', what = ''] = right.split(' ');
      const asked = await kubectl.run([
        ...['auth', 'can-i', verb, what, '-n', namespace],
        ...['--as', `system:serviceaccount:${namespace}:${name}-certs`],
      ]);
      expect([right, asked.stdout]).toEqual([right, 'no\n']);
    }
  });

  it.each([
    ['Argo CD', ['--server-side', '--field-manager=argocd-controller', '--force-conflicts']],
    ['Flux', ['--server-side', '--field-manager=kustomize-controller', '--force-conflicts']],
    ['kubectl without --server-side', ['--server-side=false']],
  ])('is no drift for %s, which takes nothing away', async (_, args) => {
    const mine = objects.filter(({ kind }) => kind === 'Secret');
    const apply = () => kubectl.ok(['apply', ...args, '-f', '-'], mine);
    await register('https://127.0.0.1:1');
    await apply();
    await run();
    expect(await kubectl.run(['diff', ...args, '-f', '-'], mine)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const before = await secretData();
    await apply();
    expect(await secretData()).toEqual(before);
    expect(Object.keys(before)).toHaveLength(4);
  });

  it('says what is missing or not its own, and changes nothing', async () => {
    expect(await run()).toEqual({
      code: 1,
      output: expect.stringContaining(
        `validatingwebhookconfigurations/${name} does not exist; run this again when it does`,
      ),
    });
    await register('https://127.0.0.1:1');
    expect(await run('--secret', 'another')).toMatchObject({
      code: 1,
      output: expect.stringContaining('403'),
    });
    await kubectl.ok(['annotate', KINDS[0], name, `cert-manager.io/inject-ca-from=${namespace}/x`]);
    expect(await run()).toEqual({
      code: 1,
      output: `vmcp-admission certs rotate: validatingwebhookconfigurations/${name} belongs to cert-manager (annotation cert-manager.io/inject-ca-from); remove that annotation, or do not run "certs rotate"\n`,
    });
    expect(await bundles()).toEqual(['']);
  });

  it('loses no call while certificates are renewed by several runs at once, with kubelets that are late', async () => {
    const scope = await ProcessScope.create('vmcp-admission-rotate');
    const config = parse(await readFile(admin.kubeconfig, 'utf8'));
    const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
    const api = new AdminApi(text(ca), () => server);
    const port = await freePort();
    await register(`https://127.0.0.1:${port}`);
    const send = sender(await kubeConfigSource(kubeconfig)(true), 'test');
    const now = () => new Date();
    const target = { names: ['127.0.0.1'], namespace, secret: `${name}-certs`, configurations: name };
    const rotation = (renew?: 'ca' | 'leaf') =>
      rotate({
        cluster: clusterOf(send, { ...target, authorityDays: 3_650, leafDays: 90, now }),
        ...{ now, renew, grace: GRACE, settle: SETTLE, report: async () => {} },
        wait: (ms) => delay(ms),
      });
    await rotation();
    const identity = await serviceAccountKubeconfig({ admin }, 'vmcp-admission', 'vmcp-admission');
    const secret = `/api/v1/namespaces/${namespace}/secrets/${name}-certs`;
    const kubelets: Kubelet[] = [];
    const replicas = await Promise.all(
      LATE.map(async (late, index) => {
        const folder = new CertFolder(join(scope.dir, `tls-${index}`));
        kubelets.push(new Kubelet(api, secret, folder, late));
        const started = await startWebhook({
          scope,
          flags: ['--kubeconfig', identity, '--cert-dir', folder.path],
        });
        return started.untilReady();
      }),
    );
    const service = await ServiceAddress.listen('127.0.0.1', port, () =>
      replicas.map((replica) => replica.port),
    );
    let over = false;
    const seen = new Set<string>();

    /** A TLS connection as a new one of the API server: to a replica, with the trust that is stored now. */
    async function connectAgain(index: number): Promise<void> {
      const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
      const { webhooks } = (await api.get<WebhookConfiguration>(`${path}/${name}`)) as WebhookConfiguration;
      const trusted = text(webhooks[0]?.clientConfig.caBundle);
      seen.add(await handshake({ host: '127.0.0.1', port: replicas[index % 2]?.port ?? 0, ca: trusted }));
    }

    /** A dry run that the API server asks the webhook about. */
    async function create(index: number): Promise<void> {
      const path = `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${namespace}/mcpserverentries?dryRun=All`;
      const { status, body } = await api.call('POST', path, {
        apiVersion: 'toolhive.stacklok.dev/v1beta1',
        kind: 'MCPServerEntry',
        metadata: { name: `entry-${index}` },
        spec: { remoteUrl: 'https://mcp.example.com/mcp', transport: 'sse', groupRef: { name: 'any' } },
      });
      if (status !== 201) throw new Error(`${status} ${body.slice(0, 300)}`);
    }

    const load = (rate: number, call: (index: number) => Promise<void>) =>
      runLoad({ rate, goOn: () => !over, workers: 4 }, call);
    try {
      const calls = Promise.all([load(20, create), load(20, connectAgain)]);
      await rotation('leaf');
      await Promise.all([rotation('ca'), rotation('ca'), rotation('leaf'), rotation()]);
      const issued = new X509Certificate((await secretData())['tls.crt'] ?? '').serialNumber;
      await until('both replicas serve the last certificate', () => (seen.has(issued) ? true : undefined));
      await until('the old CAs are gone', async () => {
        await rotation();
        const data = await secretData();
        const [bundle = '', ...others] = await bundles();
        return (
          (others.length === 0 && bundle === data['ca.crt'] && bundle.split('BEGIN').length === 2) ||
          undefined
        );
      });
      over = true;
      const results = await calls;
      for (const { reasons, calls: count } of results) {
        expect([...reasons]).toEqual([]);
        expect(count).toBeGreaterThan(50);
      }
      expect(seen.size).toBeGreaterThanOrEqual(3);
    } finally {
      over = true;
      service.close();
      await Promise.all(kubelets.map((kubelet) => kubelet.stop()));
      api.close();
      await scope.close();
    }
  });
});
