import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { AdminApi } from '../support/cluster/adminApi.ts';
import type { Binaries } from '../support/cluster/binaries.ts';
import { type ControlPlane, startApiServer, startControlPlane } from '../support/cluster/controlPlane.ts';
import { applyCrds, plainObjects, ROOT, rendered } from '../support/cluster/installation.ts';
import { Kubectl } from '../support/cluster/kubectl.ts';
import { ProcessScope } from '../support/processes.ts';
import { group } from './reviews.ts';

const GROUPS = '/apis/toolhive.stacklok.dev/v1beta1/namespaces/apps/mcpgroups';
export const CRDS = join(ROOT, 'test', 'e2e', 'crds');

/** A control plane with ToolHive's kinds and the rights of deploy/, in processes of its own. */
export class ChaosCluster {
  readonly scope: ProcessScope;
  readonly kubectl: Kubectl;
  /** The cluster admin, past every proxy. */
  readonly admin: AdminApi;
  #plane: ControlPlane;

  private constructor(scope: ProcessScope, plane: ControlPlane) {
    this.scope = scope;
    this.#plane = plane;
    this.kubectl = new Kubectl(plane.admin);
    this.admin = new AdminApi(plane.ca, () => this.#plane.url);
  }

  static async start(binaries: Binaries): Promise<ChaosCluster> {
    const scope = await ProcessScope.create('vmcp-admission-chaos-cluster');
    try {
      // Nothing here needs Deployments to become Pods.
      const plane = await startControlPlane(scope, { ...binaries, controllerManager: undefined });
      const cluster = new ChaosCluster(scope, plane);
      const { kubectl } = cluster;
      await applyCrds(kubectl, CRDS);
      await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(await rendered(kubectl)));
      await kubectl.ok(['create', 'namespace', 'apps']);
      return cluster;
    } catch (error) {
      await scope.close();
      throw error;
    }
  }

  get plane(): ControlPlane {
    return this.#plane;
  }

  /** Kills the API server and starts it again on the same etcd, after a while and on another port. */
  async restart(apiServer: string, ms: number): Promise<void> {
    await this.#plane.apiServer.stop('SIGKILL');
    await delay(ms);
    this.#plane = { ...this.#plane, ...(await startApiServer(this.scope, apiServer, this.#plane.etcdUrl)) };
  }

  /** The webhook's own token, from its ServiceAccount. */
  async token(): Promise<string> {
    const args = ['create', 'token', 'vmcp-admission', '-n', 'vmcp-admission', '--duration', '4h'];
    return (await this.kubectl.ok(args)).trim();
  }

  async createGroup(name: string): Promise<void> {
    const { status } = await this.admin.call('POST', GROUPS, group(name));
    if (status !== 201) throw new Error(`MCPGroup ${name} could not be created: ${status}`);
  }

  async deleteGroup(name: string): Promise<void> {
    const { status } = await this.admin.call('DELETE', `${GROUPS}/${name}`);
    if (status !== 200) throw new Error(`MCPGroup ${name} could not be deleted: ${status}`);
  }

  /** Makes so many groups, more than fit into one page of a list. */
  async fill(count: number): Promise<void> {
    let next = 0;
    const work = async () => {
      while (next < count) await this.createGroup(`filler-${next++}`);
    };
    await Promise.all(Array.from({ length: 8 }, work));
  }

  async close(): Promise<void> {
    this.admin.close();
    await this.scope.close();
  }
}

/** Writes a kubeconfig whose token is read from a file, as a Pod's is, and returns its path. */
export async function writeKubeconfig(
  folder: string,
  url: string,
  ca: string,
  tokenFile: string,
): Promise<string> {
  const name = 'chaos';
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name, user: { tokenFile } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
  const file = join(folder, 'webhook.kubeconfig');
  await writeFile(file, text);
  return file;
}
