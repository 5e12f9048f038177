import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parsePage, readPages } from '../../../scripts/rule-docs/page.ts';
import { storeBefore } from '../../../scripts/rule-docs/record.ts';
import { ProcessScope } from '../../support/processes.ts';
import { findBinaries } from './binaries.ts';
import { serviceAccountKubeconfig, startControlPlane } from './controlPlane.ts';
import { applyCrds, plainObjects, ROOT, rendered } from './installation.ts';
import { Kubectl, type KubectlConfig } from './kubectl.ts';
import { startCalledWebhook } from './webhook.ts';

/** What the test files get from the one control plane of the run; plain data. */
export interface E2e {
  readonly admin: KubectlConfig;
  /** Deployments become Pods. */
  readonly hasControllerManager: boolean;
  /** The webhook that the API server calls, and where its health port and its log are. */
  readonly webhook: { readonly url: string; readonly healthUrl: string; readonly log: string };
  /** The audit log of the API server: one JSON event a line. */
  readonly auditLog: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Undefined when there are no server binaries; then every test is skipped. */
    e2e: E2e | undefined;
  }
}

/**
 * Starts the control plane, installs CRDs and deploy/, stores some objects, starts the webhook under its own
 * ServiceAccount, registers it, and stops everything when the tests are over.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const binaries = await findBinaries(process.env);
  if ('missing' in binaries) {
    if (process.env.CI === 'true') throw new Error(`the end-to-end tests cannot run: ${binaries.missing}`);
    process.stderr.write(`e2e: SKIPPED, ${binaries.missing}\n`);
    project.provide('e2e', undefined);
    return undefined;
  }
  const scope = await ProcessScope.create('vmcp-admission-e2e');
  try {
    const plane = await startControlPlane(scope, binaries);
    const kubectl = new Kubectl(plane.admin);
    await applyCrds(kubectl, process.env.TOOLHIVE_CRDS || join(ROOT, 'test', 'e2e', 'crds'));
    const manifests = await rendered(kubectl);
    await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(manifests));
    await kubectl.ok(['apply', '-f', join(ROOT, 'test', 'e2e', 'fixtures', 'storedBefore.yaml')]);
    const pages = [...readPages()].map(([id, text]) => parsePage(id, text));
    await storeBefore(
      pages.filter(({ kind, recordedWith }) => kind === 'status' && recordedWith === 'kubectl'),
      kubectl,
    );
    const kubeconfig = await serviceAccountKubeconfig(plane, 'vmcp-admission', 'vmcp-admission');
    const webhook = await startCalledWebhook({ scope, kubectl, manifests, kubeconfig });
    project.provide('e2e', {
      admin: plane.admin,
      hasControllerManager: plane.controllerManager !== undefined,
      webhook: { url: webhook.url, healthUrl: webhook.healthUrl, log: join(scope.dir, 'webhook.log') },
      auditLog: join(scope.dir, 'audit.log'),
    });
  } catch (error) {
    await scope.close();
    throw error;
  }
  return () => scope.close();
}
