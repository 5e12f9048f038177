import { type ApiClient, makeApiClient } from './client.ts';

export interface ConnectOptions {
  /** A kubeconfig file; undefined for the Pod's ServiceAccount, else the default rules of kubectl. */
  readonly kubeconfig: string | undefined;
  /** A context of the kubeconfig; the current one when it is left out. */
  readonly context?: string | undefined;
  /** `name/version`, for the audit log of the API server. */
  readonly userAgent: string;
}

/** A client of a cluster, and the namespace of the context that leads there, when it names one. */
export interface ClusterClient {
  readonly api: ApiClient;
  readonly namespace: string | undefined;
}

/**
 * Makes a client of the cluster that the kubeconfig, the Pod's ServiceAccount or the default rules lead to. Sends nothing.
 * Rejects with a ConnectionError when they lead nowhere.
 */
export async function connectCluster(options: ConnectOptions): Promise<ClusterClient> {
  const { kubeconfig, context, userAgent } = options;
  // Loaded only here: client-node costs a tenth of a second and tens of MiB that other commands need not pay.
  const { kubeConfigSource } = await import('./kubeconfig.ts');
  const connect = kubeConfigSource(kubeconfig, undefined, context);
  const { namespace } = await connect(false);
  return { api: makeApiClient({ connect, userAgent }), namespace };
}
