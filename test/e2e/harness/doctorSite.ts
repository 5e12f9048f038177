import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeConfigSource } from '../../../src/apiClient/kubeconfig.ts';
import { sender } from '../../../src/apiClient/send.ts';
import { readShippedManifests } from '../../../src/cli/doctor/shippedManifests.ts';
import { examine, type Finding, type Phase } from '../../../src/doctor/checks.ts';
import { gather } from '../../../src/doctor/gather/gather.ts';
import { makeLeaf, type PemPair } from '../../../src/x509/generate.ts';
import { authority, CertFolder } from '../../support/certificates.ts';
import { AdminApi } from '../../support/cluster/adminApi.ts';
import type { Binaries } from '../../support/cluster/binaries.ts';
import {
  type ControlPlane,
  serviceAccountKubeconfig,
  startControlPlane,
} from '../../support/cluster/controlPlane.ts';
import {
  applyCrds,
  isWebhookConfiguration,
  type Manifest,
  plainObjects,
  ROOT,
  rendered,
} from '../../support/cluster/installation.ts';
import { Kubectl } from '../../support/cluster/kubectl.ts';
import { type ApiObject, ObjectApi } from '../../support/cluster/objectApi.ts';
import type { ProcessScope } from '../../support/processes.ts';
import { RefusingProxy } from './badNetwork.ts';
import { makeUsers } from './doctorUsers.ts';
import { type Answering, ServiceAnswers } from './serviceAnswers.ts';

/** Addresses of the loopback interface, so that the API server reaches a Service on one machine. */
const SERVICES = '127.11.0.0/24';
const NAME = 'vmcp-admission';
const HOST = `${NAME}.${NAME}.svc`;

/** The host of a URL that the API server calls without a proxy, and of one for which it asks the proxy. */
const DIRECT = 'vmcp-admission.invalid';
const PROXIED = 'vmcp-admission.corp.example';

interface ServingFault {
  readonly names?: readonly string[];
  readonly now?: Date;
  readonly days?: number;
}

/** The NetworkPolicy with the port of this API server, as docs/install.md says; every other object as it is. */
function withPort(object: Manifest, port: number): Manifest {
  if (object.kind !== 'NetworkPolicy') return object;
  const { spec } = object as unknown as { spec: object };
  return { ...object, spec: { ...spec, egress: [{ ports: [{ port, protocol: 'TCP' }] }] } } as Manifest;
}

/**
 * The installation of deploy/ on a control plane of its own, whose API server calls one real replica by its Service. Faults
 * are made by hand.
 */
export class DoctorSite {
  readonly kubectl: Kubectl;
  /** The kubeconfig of a user with read rights and dry runs, and of one without any right. */
  readonly reader: string;
  readonly stranger: string;
  readonly objects: readonly Manifest[];
  readonly #certificates: CertFolder;
  readonly #ca: Awaited<ReturnType<typeof authority>>;
  readonly #plane: ControlPlane;
  readonly #proxy: RefusingProxy;
  readonly #api: ObjectApi;
  readonly #answers: ServiceAnswers;

  private constructor(given: {
    kubectl: Kubectl;
    reader: string;
    stranger: string;
    objects: readonly Manifest[];
    certificates: CertFolder;
    ca: Awaited<ReturnType<typeof authority>>;
    plane: ControlPlane;
    answers: ServiceAnswers;
    proxy: RefusingProxy;
  }) {
    this.kubectl = given.kubectl;
    this.reader = given.reader;
    this.stranger = given.stranger;
    this.objects = given.objects;
    this.#certificates = given.certificates;
    this.#ca = given.ca;
    this.#plane = given.plane;
    this.#answers = given.answers;
    this.#proxy = given.proxy;
    this.#api = new ObjectApi(AdminApi.of(given.plane));
  }

  static async start(scope: ProcessScope, binaries: Binaries): Promise<DoctorSite> {
    const proxy = await RefusingProxy.listen();
    const plane = await startControlPlane(
      scope,
      { ...binaries, controllerManager: undefined },
      {
        serviceRange: SERVICES,
        environment: { HTTPS_PROXY: proxy.url, NO_PROXY: `.svc,${DIRECT}` },
      },
    );
    const kubectl = new Kubectl(plane.admin);
    await applyCrds(kubectl, join(ROOT, 'test', 'e2e', 'crds'));
    const objects = (await rendered(kubectl)).map((object) =>
      withPort(object, Number(new URL(plane.url).port)),
    );
    await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(objects));
    await makeUsers(kubectl);
    const folder = join(scope.dir, 'tls');
    await mkdir(folder);
    const certificates = new CertFolder(folder);
    const ca = await authority('doctor CA', { days: 30 });
    const site = { plane, proxy, kubectl, objects, certificates, ca };
    await certificates.serve(await DoctorSite.pair(ca, {}));
    const account = await serviceAccountKubeconfig(plane, NAME, NAME);
    const answers = await ServiceAnswers.start({
      scope,
      kubeconfig: account,
      certDir: folder,
      callersCa: ca.cert,
    });
    const reader = await serviceAccountKubeconfig(plane, 'default', 'reader');
    const stranger = await serviceAccountKubeconfig(plane, 'default', 'stranger');
    const made = new DoctorSite({ ...site, answers, reader, stranger });
    await made.install();
    return made;
  }

  static pair(ca: Awaited<ReturnType<typeof authority>>, fault: ServingFault): Promise<PemPair> {
    const { names = [HOST], now = new Date(), days = 30 } = fault;
    return makeLeaf(ca, { commonName: 'doctor', names, usage: 'server', now, days });
  }

  /** Puts everything into the state in which nothing is wrong. */
  async install(): Promise<void> {
    await this.#apply(plainObjects(this.objects));
    const service = await this.kubectl.get<{ spec: { clusterIP: string } }>('service', NAME, '-n', NAME);
    this.#answers.address = service.spec.clusterIP;
    await this.serve();
    await this.endpoints(true);
    await this.register(this.#ca.cert);
    const status = { replicas: 2, readyReplicas: 2, availableReplicas: 2 };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: NAME, namespace: NAME },
    };
    await this.#api.patch(deployment, { status }, '', 'status');
  }

  async #apply(objects: readonly ApiObject[]): Promise<void> {
    for (const object of objects) {
      const { status, body } = await this.#api.apply(object);
      if (status >= 300) throw new Error(`${object.kind}/${object.metadata.name}: ${body}`);
    }
  }

  /** Applies both configurations with a caBundle, after a change. */
  async register(
    ca: string,
    change: (webhook: Record<string, unknown>) => object = () => ({}),
  ): Promise<void> {
    const configurations = this.objects.filter(isWebhookConfiguration).map((configuration) => ({
      ...configuration,
      webhooks: configuration.webhooks.map((webhook) => ({
        ...webhook,
        clientConfig: { ...webhook.clientConfig, caBundle: Buffer.from(ca).toString('base64') },
        ...change(webhook),
      })),
    }));
    await this.#apply(configurations);
  }

  /** Applies both configurations with a URL in place of the Service: its host cannot be resolved, or is asked of the proxy. */
  registerUrl(kind: 'unresolvable' | 'proxied'): Promise<void> {
    const url = `https://${kind === 'proxied' ? PROXIED : DIRECT}/`;
    const caBundle = Buffer.from(this.ca).toString('base64');
    return this.register(this.ca, () => ({ clientConfig: { url, caBundle } }));
  }

  /** Decides the status line of the proxy's answers. */
  proxyAnswers(line: string): void {
    this.#proxy.answer = line;
  }

  /** The kubeconfig of a ServiceAccount of the installation's namespace. */
  account(name: string): Promise<string> {
    return serviceAccountKubeconfig(this.#plane, NAME, name);
  }

  get ca(): string {
    return this.#ca.cert;
  }

  /** Puts a new pair into the Secret and lets it be served: by the replica, or by another server when something is wrong. */
  async serve(fault?: ServingFault): Promise<void> {
    const pair = await DoctorSite.pair(this.#ca, fault ?? {});
    if (fault === undefined) await this.#certificates.serve(pair);
    await this.answering(fault === undefined ? 'webhook' : pair);
    const data = { 'tls.crt': pair.cert, 'tls.key': pair.key };
    const metadata = { name: `${NAME}-tls`, namespace: NAME };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'kubernetes.io/tls',
      stringData: data,
    };
    await this.#apply([secret]);
  }

  /** Writes the EndpointSlice that a controller would keep. */
  async endpoints(ready: boolean): Promise<void> {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: NAME, namespace: NAME, labels: { 'kubernetes.io/service-name': NAME } },
      addressType: 'IPv4',
      ports: [{ name: 'webhook', port: 8443, protocol: 'TCP' }],
      // An address for documentation: nothing connects to it.
      endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready } }],
    };
    await this.#apply([slice]);
  }

  /** Decides what answers at the address of the Service. @throws when its port cannot be used without root. */
  answering(what: Answering): Promise<void> {
    return this.#answers.become(what);
  }

  /** What doctor finds now, as the user of a kubeconfig. */
  async examine(phase: Phase = 'installed', kubeconfig: string = this.reader): Promise<readonly Finding[]> {
    const send = sender(await kubeConfigSource(kubeconfig)(true), 'doctor-test');
    // Where nothing answers, doctor itself would wait for five seconds.
    const dial = !this.#answers.isSilent;
    const target = { name: NAME, namespace: NAME, probeNamespace: undefined, dial };
    return examine(await gather(send, target, await readShippedManifests(), phase), phase);
  }

  async close(): Promise<void> {
    await this.answering('nothing');
    this.#proxy.close();
  }
}
