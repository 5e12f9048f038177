import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { applyCrds } from '../../support/cluster/installation.ts';
import { command } from '../../support/command.ts';
import { until } from '../../support/wait.ts';
import type { Node } from '../machine/node.ts';
import { IMAGES } from '../prepare/images.ts';
import { ROOT } from './paths.ts';

export const NAMESPACE = 'vmcp-admission';

/** An installation: the name of its objects, its namespace, and a namespace that it reviews. */
export interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly reviewed: string;
}

/** The installation of docs/install.md. */
export const MAIN: Place = { name: NAMESPACE, namespace: NAMESPACE, reviewed: 'default' };
/** One beside it, for a namespace of its own that the other one leaves out. */
export const BESIDE: Place = { name: 'vmcp-admission-beside', namespace: 'beside', reviewed: 'elsewhere' };
export const CONFIGURATIONS = 'validatingwebhookconfiguration,mutatingwebhookconfiguration';

/** A Pod as far as the tests look at it. */
export interface RunningPod {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName: string;
    readonly containers: readonly { readonly image: string; readonly env?: readonly EnvVar[] }[];
  };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly containerID: string;
    }[];
  };
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly optional?: boolean } };
}

/** Writes the folder of a user, as docs/install.md says, and returns its path. */
async function installation(node: Node, components: readonly string[]): Promise<string> {
  const folder = node.file(`install-${components.length}`);
  const deploy = relative(folder, join(ROOT, 'deploy'));
  const [newName, newTag] = IMAGES.webhook.split(':');
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [join(deploy, 'base')],
    components: components.map((name) => join(deploy, 'components', name)),
    images: [{ name: 'vmcp-admission', newName, newTag }],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
  return folder;
}

/** Installs ToolHive's CRDs. */
export async function installCrds({ kubectl }: Node): Promise<void> {
  await applyCrds(kubectl, process.env.TOOLHIVE_CRDS || join(ROOT, 'test', 'e2e', 'crds'));
}

/** Applies a new CA and certificate, as a person does without cert-manager; the CAs of a file stay trusted. */
export async function applyCerts(
  { kubectl }: Node,
  { trustAlso, force = false, place = MAIN }: { trustAlso?: string; force?: boolean; place?: Place } = {},
): Promise<void> {
  const flags = trustAlso === undefined ? [] : ['--trust-also', trustAlso];
  const where = ['--service', place.name, '--namespace', place.namespace];
  const certs = await command(process.execPath, [join(ROOT, 'src/main.ts'), 'certs', ...where, ...flags]);
  const apply = ['apply', '--server-side', '--field-manager=vmcp-admission-certs', '-f', '-'];
  await kubectl.ok([...apply, ...(force ? ['--force-conflicts'] : [])], certs);
}

/** Writes the CA of a Secret to a file, as the docs do; returns its path. */
export async function caOf(node: Node, secret: string, { namespace } = MAIN): Promise<string> {
  const read = ['get', 'secret', secret, '-n', namespace, '-o', 'jsonpath={.data.ca\\.crt}'];
  await writeFile(node.file('ca-before.crt'), Buffer.from(await node.kubectl.ok(read), 'base64'));
  return node.file('ca-before.crt');
}

/** Applies the folder of a user with these components. */
export async function applyFolder(node: Node, components: readonly string[]): Promise<void> {
  await node.kubectl.ok(['apply', '--server-side', '-k', await installation(node, components)]);
}

/**
 * Changes the namespace once its Pods are gone. While there are some, its controller looks again after half of their grace
 * period, twenty seconds; after a change it looks after five.
 */
async function hastenDeletion({ kubectl }: Node): Promise<void> {
  const pods = ['get', 'pods', '-n', NAMESPACE, '-o', 'name'];
  const none = async () => ((await kubectl.run(pods)).stdout === '' ? true : undefined);
  await until('the Pods of the namespace are gone', none, { withinMs: 120_000, everyMs: 500 });
  await kubectl.run(['annotate', 'namespace', NAMESPACE, 'example.com/pods=gone']);
}

/** Uninstalls with kustomize, in the order of docs/install.md. */
export async function deleteFolder(node: Node, components: readonly string[]): Promise<void> {
  await node.kubectl.ok(['delete', CONFIGURATIONS, 'vmcp-admission']);
  const folder = await installation(node, components);
  await Promise.all([node.kubectl.ok(['delete', '-k', folder, '--ignore-not-found']), hastenDeletion(node)]);
}

/** Waits until the rollout of the webhook is through, as the docs do. */
export async function rolledOut({ kubectl }: Node, { name, namespace } = MAIN): Promise<void> {
  await kubectl.ok(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=180s']);
}

/** The Pods of the webhook that are not on their way out. */
export async function replicas({ kubectl }: Node, { namespace } = MAIN): Promise<readonly RunningPod[]> {
  const selector = ['-n', namespace, '-l', 'app.kubernetes.io/name=vmcp-admission'];
  const { items } = await kubectl.get<{ items: readonly RunningPod[] }>('pods', ...selector);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The nodes of the replicas, one for each, sorted. */
export async function nodesOf(node: Node): Promise<readonly string[]> {
  return (await replicas(node)).map(({ spec }) => spec.nodeName).sort();
}

/** What the API server says of the entry in docs/install.md, which is to be denied, or of one with another URL. */
export function tryEntry({ kubectl }: Node, namespace: string, remoteUrl = 'http://localhost/mcp') {
  const entry = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'try-me', namespace },
    spec: { remoteUrl, transport: 'streamable-http', groupRef: { name: 'any' } },
  };
  return kubectl.run(['create', '--dry-run=server', '-f', '-'], [entry]);
}

/** What `kubectl create --dry-run=server` prints for the entry on stderr. */
export async function tryMe(node: Node, { reviewed } = MAIN): Promise<string> {
  return (await tryEntry(node, reviewed)).stderr;
}

/** The beginning of the denial. */
export const DENIED =
  'The MCPServerEntry "try-me" is invalid: spec.remoteUrl: Invalid value: "http://localhost/mcp"';
