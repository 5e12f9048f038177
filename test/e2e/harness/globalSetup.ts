import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findBinaries } from './binaries.ts';
import { startControlPlane } from './controlPlane.ts';
import { applyCrds, plainObjects, ROOT, rendered } from './installation.ts';
import { Kubectl, type KubectlConfig } from './kubectl.ts';
import { ProcessScope } from './processes.ts';

/** What the test files get from the one control plane of the run; plain data. */
export interface E2e {
  readonly admin: KubectlConfig;
  /** Deployments become Pods. */
  readonly hasControllerManager: boolean;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Undefined when there are no server binaries; then every test is skipped. */
    e2e: E2e | undefined;
  }
}

/** Starts the control plane, installs CRDs and deploy/, and stops everything when the tests are over. */
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
    await kubectl.ok(['apply', '--server-side', '-f', '-'], plainObjects(await rendered(kubectl)));
    project.provide('e2e', {
      admin: plane.admin,
      hasControllerManager: plane.controllerManager !== undefined,
    });
  } catch (error) {
    await scope.close();
    throw error;
  }
  return () => scope.close();
}
