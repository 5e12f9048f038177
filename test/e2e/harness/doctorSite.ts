import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { kubeConfigSource } from '../../../src/apiClient/kubeconfig.ts';
import { sender } from '../../../src/apiClient/send.ts';
import { readShippedManifests } from '../../../src/cli/doctor/shippedManifests.ts';
import { examine, type Finding, type Phase } from '../../../src/doctor/checks.ts';
import { gather } from '../../../src/doctor/gather/gather.ts';
import { makeLeaf, type PemPair } from '../../../src/x509/generate.ts';
import { authority, CertFolder } from '../../support/certificates.ts';
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
import type { ProcessScope } from '../../support/processes.ts';
import { startWebhook, type WebhookProcess } from '../../support/webhook.ts';

/** Addresses of the loopback interface, so that the API server reaches a Service on one machine. */
const SERVICES = '127.11.0.0/24';
const NAME = 'vmcp-admission';
const HOST = `${NAME}.${NAME}.svc`;

/** What answers at the address of the Service: the webhook, a server that never says a word, plain HTTP, or TLS with a pair. */
export type Answering = 'webhook' | 'silence' | 'http' | 'nothing' | PemPair;

/** The rights of the user who runs doctor: what a person with read rights has, and dry runs. */
const READER = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'services', 'pods', 'nodes', 'secrets'],
    verbs: ['get', 'list'],
  },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    verbs: ['get'],
  },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  { apiGroups: ['toolhive.stacklok.dev'], resources: ['mcpserverentries'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['create'] },
];

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
  /** The kubeconfig of a user with {@link READER}, and of one without any right. */
  readonly reader: string;
  readonly stranger: string;
  readonly objects: readonly Manifest[];
  readonly #certificates: CertFolder;
  readonly #ca: Awaited<ReturnType<typeof authority>>;
  readonly #webhook: WebhookProcess;
  readonly #plane: ControlPlane;
  readonly #sockets = new Set<Socket>();
  #address = '';
  #server: Server | undefined;

  private constructor(given: {
    kubectl: Kubectl;
    reader: string;
    stranger: string;
    objects: readonly Manifest[];
    certificates: CertFolder;
    ca: Awaited<ReturnType<typeof authority>>;
    webhook: WebhookProcess;
    plane: ControlPlane;
  }) {
    this.kubectl = given.kubectl;
    this.reader = given.reader;
    this.stranger = given.stranger;
    this.objects = given.objects;
    this.#certificates = given.certificates;
    this.#ca = given.ca;
    this.#webhook = given.webhook;
    this.#plane = given.plane;
  }

  static async start(scope: ProcessScope, binaries: Binaries): Promise<DoctorSite> {
    const plane = await startControlPlane(scope, { ...binaries, controllerManager: undefined }, SERVICES);
    const kubectl = new Kubectl(plane.admin);
    await applyCrds(kubectl, join(ROOT, 'test', 'e2e', 'crds'));
    const objects = (await rendered(kubectl)).map((object) =>
      withPort(object, Number(new URL(plane.url).port)),
    );
    await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(objects));
    for (const account of ['reader', 'stranger'])
      await kubectl.ok(['create', 'serviceaccount', account, '-n', 'default']);
    const [subject, roleRef] = [
      { kind: 'ServiceAccount', name: 'reader', namespace: 'default' },
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
    ];
    await kubectl.ok(
      ['apply', '-f', '-'],
      [
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'reader' },
          rules: READER,
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'reader' },
          subjects: [subject],
          roleRef,
        },
      ],
    );
    const folder = join(scope.dir, 'tls');
    await mkdir(folder);
    const certificates = new CertFolder(folder);
    const ca = await authority('doctor CA', { days: 30 });
    const site = { plane, kubectl, objects, certificates, ca };
    await certificates.serve(await DoctorSite.pair(ca, {}));
    const kubeconfig = await serviceAccountKubeconfig(plane, NAME, NAME);
    const webhook = await startWebhook({ scope, flags: ['--kubeconfig', kubeconfig, '--cert-dir', folder] });
    await webhook.untilReady();
    const reader = await serviceAccountKubeconfig(plane, 'default', 'reader');
    const stranger = await serviceAccountKubeconfig(plane, 'default', 'stranger');
    const made = new DoctorSite({ ...site, webhook, reader, stranger });
    await made.install();
    return made;
  }

  static pair(ca: Awaited<ReturnType<typeof authority>>, fault: ServingFault): Promise<PemPair> {
    const { names = [HOST], now = new Date(), days = 30 } = fault;
    return makeLeaf(ca, { commonName: 'doctor', names, usage: 'server', now, days });
  }

  /** Puts everything into the state in which nothing is wrong. */
  async install(): Promise<void> {
    await this.kubectl.ok(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      plainObjects(this.objects),
    );
    const service = await this.kubectl.get<{ spec: { clusterIP: string } }>('service', NAME, '-n', NAME);
    this.#address = service.spec.clusterIP;
    await this.serve();
    await this.endpoints(true);
    await this.register(this.#ca.cert);
    const status = { status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 } };
    await this.kubectl.ok([
      ...['patch', 'deployment', NAME, '-n', NAME, '--subresource=status'],
      ...['--type=merge', '-p', JSON.stringify(status)],
    ]);
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
    await this.kubectl.ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], configurations);
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
    await this.kubectl.ok(
      ['apply', '--server-side', '-f', '-'],
      [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: `${NAME}-tls`, namespace: NAME },
          type: 'kubernetes.io/tls',
          stringData: data,
        },
      ],
    );
  }

  /** Writes the EndpointSlice that a controller would keep. */
  async endpoints(ready: boolean): Promise<void> {
    await this.kubectl.ok(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      [
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: NAME, namespace: NAME, labels: { 'kubernetes.io/service-name': NAME } },
          addressType: 'IPv4',
          ports: [{ name: 'webhook', port: 8443, protocol: 'TCP' }],
          // An address for documentation: nothing connects to it.
          endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready } }],
        },
      ],
    );
  }

  /** Decides what answers at the address of the Service. @throws when its port cannot be used without root. */
  async answering(what: Answering): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
    if (what === 'nothing') return;
    // A replica never takes an expired pair, so another server has to show it.
    this.#server =
      typeof what === 'object'
        ? createTlsServer(what, (socket) => this.#keep(socket))
        : createServer((socket) => this.#answer(this.#keep(socket), what));
    this.#server.listen(443, this.#address);
    await once(this.#server, 'listening');
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
  }

  #answer(socket: Socket, what: Answering & string): void {
    if (what === 'http') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    if (what !== 'webhook') return;
    const replica = this.#keep(connect(this.#webhook.port, '127.0.0.1'));
    socket.pipe(replica).pipe(socket);
    socket.once('close', () => replica.destroy());
    replica.once('close', () => socket.destroy());
  }

  /** What doctor finds now, as the user of a kubeconfig. */
  async examine(phase: Phase = 'installed', kubeconfig: string = this.reader): Promise<readonly Finding[]> {
    const send = sender(await kubeConfigSource(kubeconfig)(true), 'doctor-test');
    const target = { name: NAME, namespace: NAME, probeNamespace: undefined, dial: true };
    return examine(await gather(send, target, await readShippedManifests(), phase), phase);
  }

  async close(): Promise<void> {
    await this.answering('nothing');
  }
}
