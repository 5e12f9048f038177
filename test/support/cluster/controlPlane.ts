import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ProcessScope, ServerProcess } from '../processes.ts';
import { freePort, until } from '../wait.ts';
import type { Binaries } from './binaries.ts';
import { Kubectl, type KubectlConfig } from './kubectl.ts';

/** A running etcd and kube-apiserver. */
export interface ControlPlane {
  readonly url: string;
  /** The API server's certificate, PEM. */
  readonly ca: string;
  /** kubectl as cluster admin. */
  readonly admin: KubectlConfig;
  readonly apiServer: ServerProcess;
  readonly etcdUrl: string;
  /** Absent when there is no binary for it; then Deployments make no Pods. */
  readonly controllerManager: ServerProcess | undefined;
}

const SERVICES = '10.0.0.0/24';
const ADMIN_TOKEN = 'admin';
/** Only what the tests need: Deployments become Pods, namespaces can be deleted. */
const CONTROLLERS =
  'deployment-controller,replicaset-controller,namespace-controller,garbage-collector-controller';
/** More memory for less CPU: the tests run for minutes. */
const LESS_GARBAGE = { GOGC: '400' };
/** A free port can be taken by somebody else before the server binds it. */
const ATTEMPTS = 5;

/** A kubeconfig file for one identity. */
export function kubeconfig(url: string, ca: string, token: string): string {
  const name = 'e2e';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

/** GETs a path of an HTTPS server; undefined when there is no answer. Only for health checks. */
function statusOf(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { ca, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
    request.setTimeout(5_000, () => request.destroy());
  });
}

/** How one try to start a server went. */
type Attempt<T> = { readonly ready: T } | { readonly ended: string };

/** Starts a server and waits until it is ready; another port is tried when it ends because its port was taken. */
async function startOnFreePort<T>(attempt: () => Promise<Attempt<T>>): Promise<T> {
  let ended = '';
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    const result = await attempt();
    if ('ready' in result) return result.ready;
    ended = result.ended;
    if (!/address already in use/.test(ended)) break;
  }
  throw new Error(`the server ended while it started: ${ended.slice(-2000)}`);
}

async function startEtcd(scope: ProcessScope, binary: string): Promise<string> {
  return startOnFreePort(async () => {
    const [client, peer] = [await freePort(), await freePort()];
    const [clientUrl, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
    const etcd = scope.start('etcd', binary, [
      ...['--data-dir', join(scope.dir, `etcd-${client}`), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
    ]);
    return until('etcd', async (): Promise<Attempt<string> | undefined> => {
      if (etcd.hasExited()) return { ended: etcd.log() };
      const answer = await fetch(`${clientUrl}/health`).catch(() => undefined);
      return answer?.ok ? { ready: clientUrl } : undefined;
    });
  });
}

async function writeServerFiles(dir: string): Promise<void> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await mkdir(join(dir, 'certs'), { recursive: true });
  await writeFile(join(dir, 'sa.key'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(dir, 'sa.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(dir, 'tokens.csv'), `${ADMIN_TOKEN},admin,admin,system:masters\n`);
  // Metadata of the writes that the webhook reviews: the tests read the audit annotations there.
  const rules = [
    {
      level: 'Metadata',
      resources: [{ group: 'toolhive.stacklok.dev' }, { group: '', resources: ['pods'] }],
    },
    // Everything that the webhook itself asks for.
    { level: 'Metadata', userGroups: ['system:serviceaccounts:vmcp-admission'] },
    { level: 'None' },
  ];
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules };
  await writeFile(join(dir, 'audit-policy.yaml'), stringify(policy));
  // It traces what an admin asks it to, and exports to nobody; webhooks are told of the trace.
  const tracing = { apiVersion: 'apiserver.config.k8s.io/v1beta1', kind: 'TracingConfiguration' };
  await writeFile(join(dir, 'tracing.yaml'), stringify({ ...tracing, samplingRatePerMillion: 0 }));
}

interface ReadyApiServer {
  readonly url: string;
  readonly ca: string;
  readonly apiServer: ServerProcess;
}

/** What an API server may be started with. */
export interface ApiServerOptions {
  /** Where Services get their addresses; the API server dials them itself when a webhook is named by its Service. */
  readonly serviceRange?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a kube-apiserver in the scope's folder on an etcd that runs. */
export async function startApiServer(
  scope: ProcessScope,
  binary: string,
  etcdUrl: string,
  { serviceRange = SERVICES, environment = {} }: ApiServerOptions = {},
): Promise<ReadyApiServer> {
  const { dir } = scope;
  const certificate = join(dir, 'certs', 'apiserver.crt');
  return startOnFreePort(async () => {
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const flags = [
      ...['--etcd-servers', etcdUrl, '--cert-dir', join(dir, 'certs')],
      ...['--bind-address', '127.0.0.1', '--secure-port', String(port)],
      ...['--service-cluster-ip-range', serviceRange, '--authorization-mode', 'RBAC'],
      ...['--token-auth-file', join(dir, 'tokens.csv')],
      ...['--service-account-issuer', 'https://kubernetes.default.svc'],
      ...['--service-account-key-file', join(dir, 'sa.pub')],
      ...['--service-account-signing-key-file', join(dir, 'sa.key')],
      ...['--disable-admission-plugins', 'ServiceAccount'],
      ...['--audit-policy-file', join(dir, 'audit-policy.yaml'), '--audit-log-path', join(dir, 'audit.log')],
      ...['--tracing-config-file', join(dir, 'tracing.yaml')],
    ];
    const apiServer = scope.start('kube-apiserver', binary, flags, { ...LESS_GARBAGE, ...environment });
    return until(
      'kube-apiserver',
      async (): Promise<Attempt<ReadyApiServer> | undefined> => {
        if (apiServer.hasExited()) return { ended: apiServer.log() };
        if (!existsSync(certificate)) return undefined;
        const ca = await readFile(certificate, 'utf8');
        return (await statusOf(`${url}/readyz`, ca)) === 200 ? { ready: { url, ca, apiServer } } : undefined;
      },
      { withinMs: 120_000, describe: () => apiServer.log().slice(-2000) },
    );
  });
}

function startControllerManager(scope: ProcessScope, binary: string, adminKubeconfig: string) {
  const { dir } = scope;
  return scope.start('kube-controller-manager', binary, [
    ...['--kubeconfig', adminKubeconfig, '--controllers', CONTROLLERS],
    ...['--service-account-private-key-file', join(dir, 'sa.key')],
    ...['--root-ca-file', join(dir, 'certs', 'apiserver.crt')],
    ...['--use-service-account-credentials', '--leader-elect=false', '--secure-port', '0'],
  ]);
}

/** Starts etcd, kube-apiserver and, when its binary is there, kube-controller-manager in the scope's folder. */
export async function startControlPlane(
  scope: ProcessScope,
  binaries: Binaries,
  options: ApiServerOptions = {},
): Promise<ControlPlane> {
  await writeServerFiles(scope.dir);
  const etcdUrl = await startEtcd(scope, binaries.etcd);
  const { url, ca, apiServer } = await startApiServer(scope, binaries.apiServer, etcdUrl, options);
  const adminKubeconfig = join(scope.dir, 'admin.kubeconfig');
  await writeFile(adminKubeconfig, kubeconfig(url, ca, ADMIN_TOKEN));
  const admin = { binary: binaries.kubectl, kubeconfig: adminKubeconfig, home: scope.dir };
  const controllerManager = binaries.controllerManager
    ? startControllerManager(scope, binaries.controllerManager, adminKubeconfig)
    : undefined;
  return { url, ca, admin, apiServer, etcdUrl, controllerManager };
}

/** Writes a kubeconfig with a token of the ServiceAccount (TokenRequest) and returns its path. */
export async function serviceAccountKubeconfig(
  { admin }: Pick<ControlPlane, 'admin'>,
  namespace: string,
  name: string,
): Promise<string> {
  const kubectl = new Kubectl(admin);
  const token = (await kubectl.ok(['create', 'token', name, '-n', namespace, '--duration', '4h'])).trim();
  const config = parse(await readFile(admin.kubeconfig, 'utf8'));
  config.users[0].user = { token };
  const file = join(admin.home, `${namespace}-${name}.kubeconfig`);
  await writeFile(file, stringify(config));
  return file;
}
