import { join } from 'node:path';
import { ProcessScope } from '../processes.ts';
import { findBinaries } from './binaries.ts';
import { startCalledWebhook } from './calledWebhook.ts';
import { serviceAccountKubeconfig, startControlPlane } from './controlPlane.ts';
import { applyCrds, plainObjects, ROOT, rendered } from './installation.ts';
import { Kubectl, type KubectlConfig } from './kubectl.ts';

/** A control plane with the CRDs, deploy/ and a webhook that its API server calls; plain data. */
export interface TestCluster {
  readonly admin: KubectlConfig;
  /** Deployments become Pods. */
  readonly hasControllerManager: boolean;
  /** The webhook that the API server calls, and where its health port is. */
  readonly webhook: { readonly url: string; readonly healthUrl: string };
  /** The audit log of the API server: one JSON event a line. */
  readonly auditLog: string;
}

export type StartedCluster =
  | { readonly missing: string }
  | { readonly cluster: TestCluster; readonly stop: () => Promise<void> };

/**
 * Starts the control plane, installs CRDs and deploy/, starts the webhook under its own ServiceAccount and registers it.
 * `missing` says in one line which programs are not there.
 * @param storeBefore stores objects before there is a webhook
 */
export async function startTestCluster(
  storeBefore: (kubectl: Kubectl) => Promise<void>,
): Promise<StartedCluster> {
  const binaries = await findBinaries(process.env);
  if ('missing' in binaries) return binaries;
  const scope = await ProcessScope.create('vmcp-admission-e2e');
  try {
    const plane = await startControlPlane(scope, binaries);
    const kubectl = new Kubectl(plane.admin);
    await applyCrds(kubectl, process.env.TOOLHIVE_CRDS || join(ROOT, 'test', 'e2e', 'crds'));
    const manifests = await rendered(kubectl);
    await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(manifests));
    await storeBefore(kubectl);
    const kubeconfig = await serviceAccountKubeconfig(plane, 'vmcp-admission', 'vmcp-admission');
    const { url, healthUrl } = await startCalledWebhook({ scope, kubectl, manifests, kubeconfig });
    const cluster = {
      admin: plane.admin,
      hasControllerManager: plane.controllerManager !== undefined,
      webhook: { url, healthUrl },
      auditLog: join(scope.dir, 'audit.log'),
    };
    return { cluster, stop: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
