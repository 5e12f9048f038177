import type { TestProject } from 'vitest/node';
import { type PublishedPackage, publishPackage } from './published.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The npm package on a registry of this machine. */
    published: Omit<PublishedPackage, 'close'>;
  }
}

/** Builds the npm package and publishes it, once for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { close, ...published } = await publishPackage();
  project.provide('published', published);
  return close;
}
