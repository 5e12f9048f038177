import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type KubernetesObject, nameOf, namespaceOf } from '../../src/kubernetes/object.ts';
import { OTHER_PLURALS, PLURALS } from '../../src/toolhive/kinds.ts';

const PLURAL_OF: Readonly<Record<string, string>> = {
  ...PLURALS,
  ...OTHER_PLURALS,
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Pod: 'pods',
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
};

/** What a request for objects asks for. */
export interface Asked {
  readonly verb: 'get' | 'list';
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** An API server over plain HTTP that has some objects, for reading only. */
export interface StoredCluster {
  /** A kubeconfig with the contexts `main` (namespace `apps`) and `other`. */
  readonly kubeconfig: string;
  readonly asked: readonly (Asked & { readonly query: URLSearchParams })[];
  stop(): Promise<void>;
}

export interface StoredClusterOptions {
  readonly folder: string;
  readonly objects: readonly KubernetesObject[];
  /** Reads that are answered with this status; undefined for those that are served. */
  readonly refuse?: (asked: Asked) => number | undefined;
  /** Plurals of kinds that the cluster does not have. */
  readonly absent?: readonly string[];
  /**
   * Answers the first pages that go on with a list by 410, as when etcd was compacted meanwhile: so many of them, with or without
   * a token by which the list can go on with what is stored now.
   */
  readonly forgets?: { readonly pages: number; readonly token: boolean };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** `a=b` of a label selector holds for the object. */
function isSelected(object: KubernetesObject, selector: string | null): boolean {
  if (!selector) return true;
  const [key = '', value] = selector.split('=');
  const { labels } = (object.metadata ?? {}) as { labels?: Readonly<Record<string, string>> };
  return labels?.[key] === value;
}

/** Starts the API server and writes its kubeconfig into the folder. */
export async function startStoredCluster(options: StoredClusterOptions): Promise<StoredCluster> {
  const { folder, objects, refuse = () => undefined, absent = [] } = options;
  const asked: (Asked & { query: URLSearchParams })[] = [];
  let toForget = options.forgets?.pages ?? 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const [, root, version, namespace, resource = '', name] =
      /^\/(?:api|apis)(?:\/([a-z0-9.]+))?\/(v[a-z0-9]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
        url.pathname,
      ) ?? [];
    const apiVersion = root === undefined ? version : `${root}/${version}`;
    const one: Asked = { verb: name === undefined ? 'list' : 'get', resource, namespace };
    asked.push({ ...one, query: url.searchParams });
    const status = refuse(one);
    if (status !== undefined)
      return send(response, status, {
        code: status,
        message: `${resource} is forbidden: User "system:serviceaccount:apps:reader" cannot ${one.verb} resource "${resource}"`,
      });
    const found = objects.filter(
      (object) =>
        PLURAL_OF[object.kind] === resource &&
        object.apiVersion === apiVersion &&
        (namespace === undefined || namespaceOf(object) === namespace) &&
        (name === undefined || nameOf(object) === name) &&
        isSelected(object, url.searchParams.get('labelSelector')),
    );
    if (absent.includes(resource) || (name !== undefined && found.length === 0))
      return send(response, 404, { code: 404, message: 'not found' });
    if (name !== undefined) return send(response, 200, found[0] ?? {});
    const token = url.searchParams.get('continue') ?? '0';
    if (/^[1-9]/.test(token) && toForget-- > 0)
      return send(response, 410, {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: 'The provided continue parameter is too old',
        metadata: options.forgets?.token ? { continue: `now-${token}` } : {},
      });
    const from = Number(token.replace('now-', ''));
    const to = from + Number(url.searchParams.get('limit'));
    const metadata = { resourceVersion: '7', ...(to < found.length && { continue: String(to) }) };
    // The API server's own kinds come without their type.
    const items = root === undefined ? found.map(({ apiVersion: _, kind: __, ...rest }) => rest) : found;
    send(response, 200, { metadata, items: items.slice(from, to) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, `kubeconfig-${port}`);
  const context = { cluster: 'k', user: 'u' };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'k', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: {} }],
      contexts: [
        { name: 'main', context: { ...context, namespace: 'apps' } },
        { name: 'other', context },
      ],
      'current-context': 'main',
    }),
  );
  return {
    kubeconfig,
    asked,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
