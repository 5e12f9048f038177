import { makeApiClient } from './apiClient.ts';
import type { ConnectionSource } from './connection.ts';
import {
  type KubernetesCatalog,
  type KubernetesCatalogOptions,
  kubernetesCatalog,
} from './kubernetesCatalog.ts';

export interface OpenOptions extends Omit<KubernetesCatalogOptions, 'api'> {
  /** A kubeconfig file; undefined for the Pod's ServiceAccount, else the default rules of kubectl. */
  readonly kubeconfig: string | undefined;
  /** `name/version`, for the audit log of the API server. */
  readonly userAgent: string;
}

/**
 * Opens the catalog of the cluster that the kubeconfig, the Pod's ServiceAccount or the default rules lead to.
 * Rejects with a ConnectionError when they lead nowhere; a server that does not answer is no error, it is tried again.
 */
export async function openKubernetesCatalog(options: OpenOptions): Promise<KubernetesCatalog> {
  const { kubeconfig, userAgent, ...rest } = options;
  // Loaded only here: client-node costs a tenth of a second and tens of MiB that other commands need not pay.
  const { kubeConfigSource } = await import('./kubeConfig.ts');
  const connect: ConnectionSource = kubeConfigSource(kubeconfig);
  await connect(false);
  return kubernetesCatalog({ ...rest, api: makeApiClient({ connect, userAgent }) });
}
