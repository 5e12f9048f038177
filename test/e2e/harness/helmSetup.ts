import type { TestProject } from 'vitest/node';
import { type FoundHelms, findHelms } from './helm.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Undefined without Go; then the tests of the chart are skipped. */
    helms: Exclude<FoundHelms, { readonly missing: string }> | undefined;
  }
}

/** Finds or builds Helm 3 and Helm 4 before the tests. */
export default async function setup(project: TestProject): Promise<void> {
  const found = await findHelms(process.env);
  if (!('missing' in found)) return project.provide('helms', found);
  if (process.env.CI === 'true') throw new Error(`the tests of the chart cannot run: ${found.missing}`);
  process.stderr.write(`e2e: tests of the chart SKIPPED, ${found.missing}\n`);
  project.provide('helms', undefined);
}
