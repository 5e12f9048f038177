import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { AdminApi } from '../../support/cluster/adminApi.ts';
import type { KubectlConfig } from '../../support/cluster/kubectl.ts';
import type { Pod } from './vmcp.ts';

/** A Pod with what its kubelet says of it. */
export interface RunningPod extends Pod {
  readonly metadata: Pod['metadata'] & { readonly deletionTimestamp?: string };
  readonly status: { readonly phase?: string };
}

const LOOK_MS = 100;

/** Says of the Pods of a namespace that they run, as a kubelet would: so Deployments roll out where there is no node. */
export class PodRunner {
  readonly #api: AdminApi;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(api: AdminApi, namespace: string) {
    this.#api = api;
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
    this.#ended = this.#run().catch(() => {});
  }

  static async start({ kubeconfig }: KubectlConfig, namespace: string): Promise<PodRunner> {
    const { cluster } = parse(await readFile(kubeconfig, 'utf8')).clusters[0];
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
    return new PodRunner(new AdminApi(ca, () => cluster.server), namespace);
  }

  /** The Pods that are not being deleted. */
  async pods(): Promise<readonly RunningPod[]> {
    const list = await this.#api.get<{ items: RunningPod[] }>(this.#path);
    return (list?.items ?? []).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#api.close();
  }

  /** Rejects when it is stopped. */
  async #run(): Promise<void> {
    for (;;) {
      for (const pod of await this.pods()) if (pod.status.phase !== 'Running') await this.#markRunning(pod);
      await delay(LOOK_MS, undefined, { signal: this.#stop.signal });
    }
  }

  async #markRunning(pod: RunningPod): Promise<void> {
    const startedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const ready = ['Ready', 'ContainersReady'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: startedAt,
    }));
    const containerStatuses = pod.spec.containers.map(({ name }) => ({
      ...{ name, image: 'x', imageID: 'x', ready: true, restartCount: 0, lastState: {} },
      state: { running: { startedAt } },
    }));
    const status = { ...pod.status, phase: 'Running', conditions: ready, containerStatuses };
    await this.#api.call('PUT', `${this.#path}/${pod.metadata.name}/status`, {
      ...pod,
      apiVersion: 'v1',
      kind: 'Pod',
      status,
    });
  }
}
