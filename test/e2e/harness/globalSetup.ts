import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parsePage, readPages } from '../../../scripts/rule-docs/page.ts';
import { storeBefore } from '../../../scripts/rule-docs/record.ts';
import { ROOT } from '../../support/cluster/installation.ts';
import { startTestCluster, type TestCluster } from '../../support/cluster/testCluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The one control plane of the run. Undefined when there are no server binaries; then every test is skipped. */
    e2e: TestCluster | undefined;
  }
}

/** Starts the cluster of the tests with some objects from before there was a webhook, and stops it when they are over. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const started = await startTestCluster(async (kubectl) => {
    await kubectl.ok(['apply', '-f', join(ROOT, 'test', 'e2e', 'fixtures', 'storedBefore.yaml')]);
    const pages = [...readPages()].map(([id, text]) => parsePage(id, text));
    await storeBefore(
      pages.filter(({ kind, recordedWith }) => kind === 'status' && recordedWith === 'kubectl'),
      kubectl,
    );
  });
  if ('missing' in started) {
    if (process.env.CI === 'true') throw new Error(`the end-to-end tests cannot run: ${started.missing}`);
    process.stderr.write(`e2e: SKIPPED, ${started.missing}\n`);
    project.provide('e2e', undefined);
    return undefined;
  }
  project.provide('e2e', started.cluster);
  return started.stop;
}
