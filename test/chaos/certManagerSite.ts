import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { CertFolder } from '../support/certificates.ts';
import { AdminApi } from '../support/cluster/adminApi.ts';
import type { Binaries } from '../support/cluster/binaries.ts';
import { serviceAccountKubeconfig, startControlPlane } from '../support/cluster/controlPlane.ts';
import { applyCrds, ROOT } from '../support/cluster/installation.ts';
import { Kubectl } from '../support/cluster/kubectl.ts';
import { Kubelet } from '../support/cluster/kubelet.ts';
import { ServiceAddress } from '../support/cluster/serviceAddress.ts';
import type { ServerProcess } from '../support/processes.ts';
import { until } from '../support/wait.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook.ts';
import type { CertManagerBinary } from './certManagerBinary.ts';
import { CRDS } from './cluster.ts';
import { handshake } from './handshake.ts';
import { entry, group } from './reviews.ts';
import type { ChaosContext } from './scenario.ts';
import { ENVIRONMENT } from './serving.ts';

/** Addresses of the loopback interface, so that the API server can dial a Service's address on one machine. */
const SERVICES = '127.10.0.0/24';
/** How late the kubelets of the two replicas bring a changed Secret; real ones take up to a minute. */
const KUBELETS_MS = [2_000, 6_000];
const SECRETS = '/api/v1/namespaces/vmcp-admission/secrets';
const CERTIFICATES = '/apis/cert-manager.io/v1/namespaces/vmcp-admission/certificates';
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/vmcp-admission';
const ENTRIES = '/apis/toolhive.stacklok.dev/v1beta1/namespaces/apps/mcpserverentries?dryRun=All';

/** As much of a cert-manager Certificate as is read and written here. */
interface Certificate {
  readonly status?: {
    readonly revision?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Two replicas behind the shipped Service, with kubelets, on a cluster that has cert-manager. */
export class CertManagerSite {
  readonly admin: AdminApi;
  readonly kubectl: Kubectl;
  readonly #context: ChaosContext;
  readonly #certManager: CertManagerBinary;
  readonly #kubeconfig: string;
  readonly #replicas: WebhookProcess[] = [];
  readonly #kubelets: Kubelet[] = [];
  #running: ServerProcess | undefined;
  #service: ServiceAddress | undefined;
  #endpoints: readonly number[] = [];
  #watch: NodeJS.Timeout | undefined;

  private constructor(
    context: ChaosContext,
    certManager: CertManagerBinary,
    plane: { readonly admin: AdminApi; readonly kubectl: Kubectl; readonly kubeconfig: string },
  ) {
    this.#context = context;
    this.#certManager = certManager;
    this.admin = plane.admin;
    this.kubectl = plane.kubectl;
    this.#kubeconfig = plane.kubeconfig;
  }

  /** A cluster with the kinds of ToolHive and cert-manager, and cert-manager running; nothing of ours is in it. */
  static async start(
    context: ChaosContext,
    binaries: Binaries,
    certManager: CertManagerBinary,
  ): Promise<CertManagerSite> {
    const plane = await startControlPlane(
      context.scope,
      { ...binaries, controllerManager: undefined },
      { serviceRange: SERVICES },
    );
    const kubectl = new Kubectl(plane.admin);
    await applyCrds(kubectl, CRDS);
    await applyCrds(kubectl, certManager.crds);
    for (const name of ['apps', 'cert-manager']) await kubectl.ok(['create', 'namespace', name]);
    await kubectl.ok(['apply', '-f', '-'], [group('team')]);
    const site = new CertManagerSite(context, certManager, {
      admin: AdminApi.of(plane),
      kubectl,
      kubeconfig: plane.admin.kubeconfig,
    });
    site.runCertManager(true);
    // The ServiceAccount comes with the first apply; its token is made here, as a Pod's is by the kubelet.
    site.#token = () => serviceAccountKubeconfig(plane, 'vmcp-admission', 'vmcp-admission');
    return site;
  }

  #token: () => Promise<string> = () => Promise.reject(new Error('no control plane'));

  runCertManager(merging: boolean): void {
    const args = ['-config', this.#kubeconfig, `-merging=${merging}`];
    this.#running = this.#context.scope.start(`cert-manager-${merging}`, this.#certManager.program, args);
  }

  async stopCertManager(): Promise<void> {
    await this.#running?.stop('SIGTERM');
  }

  /** `kubectl apply -k deploy` as the docs say it, with more arguments. */
  applyDeploy(...more: readonly string[]): Promise<string> {
    return this.kubectl.ok(['apply', '-k', join(ROOT, 'deploy'), ...more]);
  }

  /** Starts two replicas without a certificate, their kubelets, and what kube-proxy does for the Service. */
  async startReplicas(): Promise<void> {
    const { scope, bundle } = this.#context;
    const kubeconfig = await this.#token();
    for (const [index, lateMs] of KUBELETS_MS.entries()) {
      const folder = new CertFolder(join(scope.dir, `cert-manager-tls-${index}`));
      const flags = ['--kubeconfig', kubeconfig, '--cert-dir', folder.path];
      const launch = { scope, name: 'cm-replica', main: bundle, flags, environment: ENVIRONMENT };
      this.#replicas.push(await startWebhook(launch));
      this.#kubelets.push(new Kubelet(this.admin, `${SECRETS}/vmcp-admission-tls`, folder, lateMs));
    }
    this.#watch = setInterval(() => void this.#updateEndpoints(), 500);
    const address = await this.kubectl.ok([
      'get',
      'service',
      'vmcp-admission',
      '-n',
      'vmcp-admission',
      '-o',
      'jsonpath={.spec.clusterIP}',
    ]);
    this.#service = await ServiceAddress.listen(address, 443, () => this.#endpoints);
    await until('both replicas are ready', () => (this.#endpoints.length === 2 ? true : undefined), {
      describe: () => this.#running?.log().slice(-2_000) ?? '',
    });
  }

  async #updateEndpoints(): Promise<void> {
    const ready = await Promise.all(this.#replicas.map((replica) => replica.isReady()));
    this.#endpoints = this.#replicas.filter((_, index) => ready[index]).map(({ port }) => port);
  }

  /** One dry-run creation through the API server, whose answer a replica decides. Rejects with what went wrong. */
  async create(valid: boolean): Promise<void> {
    const object = entry('billing', 'team', valid ? undefined : 'http://localhost/mcp');
    const { status, body } = await this.admin.call('POST', ENTRIES, object);
    if (status === (valid ? 201 : 422)) return;
    const { message = '' } = JSON.parse(body) as { message?: string };
    // Names and ports differ from call to call, the reason stands at the end.
    throw new Error(`${status} ${message.split(': ').slice(-2).join(': ').replaceAll(/:\d+/g, '')}`);
  }

  /** Lets cert-manager renew a Certificate, as `cmctl renew` does, and waits until it has. */
  async renew(name: string): Promise<void> {
    const path = `${CERTIFICATES}/${name}`;
    const before = await this.#certificate(path);
    await until(`${name} is marked for renewal`, async () => {
      const certificate = await this.#certificate(path);
      const issuing = {
        type: 'Issuing',
        status: 'True',
        reason: 'ManuallyTriggered',
        message: 'Certificate re-issuance manually triggered',
      };
      const conditions = (certificate.status?.conditions ?? []).filter(({ type }) => type !== 'Issuing');
      const status = { ...certificate.status, conditions: [...conditions, issuing] };
      // Refused when somebody else wrote in between; then it is marked anew.
      const answer = await this.admin.call('PUT', `${path}/status`, { ...certificate, status });
      return answer.status === 200 ? true : undefined;
    });
    await until(`${name} is renewed`, async () => {
      const { status } = await this.#certificate(path);
      const issuing = status?.conditions?.some(({ type, status: is }) => type === 'Issuing' && is === 'True');
      return !issuing && (status?.revision ?? 0) > (before.status?.revision ?? 0) ? true : undefined;
    });
  }

  async #certificate(path: string): Promise<Certificate> {
    const certificate = await this.admin.get<Certificate>(path);
    if (certificate === undefined) throw new Error(`there is no Certificate at ${path}`);
    return certificate;
  }

  /** Deletes the root's Secret and waits for the next one: a root with a new key. */
  async replaceRoot(): Promise<void> {
    const path = `${SECRETS}/vmcp-admission-ca`;
    await this.admin.call('DELETE', path);
    await until('there is another root', () => this.admin.get(path));
  }

  /** Waits until both replicas serve what is in the Secret now. */
  async served(): Promise<void> {
    await until('both replicas serve the new certificate', async () => {
      const secret = await this.admin.get<{ data: Record<string, string> }>(`${SECRETS}/vmcp-admission-tls`);
      const pem = Buffer.from(secret?.data['tls.crt'] ?? '', 'base64');
      const wanted = new X509Certificate(pem).fingerprint256;
      const served = await Promise.all(this.#replicas.map(({ port }) => handshake(port)));
      return served.every((fingerprint) => fingerprint === wanted) ? true : undefined;
    });
  }

  /** The CA certificates that the API server trusts for the shipped validating configuration. */
  async trusted(): Promise<number> {
    const found = await this.admin.get<{ webhooks: { clientConfig: { caBundle?: string } }[] }>(
      CONFIGURATION,
    );
    const bundles = (found?.webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle ?? '');
    const counts = bundles.map(
      (bundle) => Buffer.from(bundle, 'base64').toString().split('BEGIN CERTIFICATE').length - 1,
    );
    return counts.length === 0 ? 0 : Math.min(...counts);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#kubelets.map((kubelet) => kubelet.stop()));
    this.#service?.close();
    await Promise.all(this.#replicas.map(({ process }) => process.stop('SIGKILL')));
    await this.stopCertManager();
    this.admin.close();
  }
}
