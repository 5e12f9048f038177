import type { TestProject } from 'vitest/node';
import { findProgram } from './program.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program that judges with ToolHive's packages; undefined when there is no Go, then every test is skipped. */
    toolhive: string | undefined;
  }
}

/** Builds the program before the tests, if the cache does not have it. Without Go that is a failure in CI only. */
export default async function setup(project: TestProject): Promise<void> {
  const found = await findProgram(process.env);
  if ('missing' in found) {
    if (process.env.CI === 'true') throw new Error(`the contract tests cannot run: ${found.missing}`);
    process.stderr.write(`contract: SKIPPED, ${found.missing}\n`);
  }
  project.provide('toolhive', 'missing' in found ? undefined : found.program);
}
