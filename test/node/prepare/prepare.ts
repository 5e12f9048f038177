import { findHelms, type HelmMajor } from '../../e2e/harness/helm.ts';
import { whyNoContainer } from './container.ts';
import { makeImages } from './images.ts';
import { findTools, type Tools } from './packages.ts';
import { findPrograms, type Programs } from './programs.ts';

/** All that a node needs: programs, tools of the distribution, and archives of the images. Plain data. */
export interface Prepared {
  readonly programs: Programs;
  readonly tools: Tools;
  readonly images: readonly string[];
  readonly helms: Readonly<Record<HelmMajor, string>>;
}

/**
 * Gets everything that comes from outside; the tests themselves have no way out of their network. `missing` says in one line
 * why this machine cannot run a node.
 */
export async function prepare(
  env: NodeJS.ProcessEnv,
  cgroup: string,
): Promise<Prepared | { readonly missing: string }> {
  const tools = await findTools(env);
  if ('missing' in tools) return tools;
  const noContainer = await whyNoContainer(tools, cgroup);
  if (noContainer !== undefined) return { missing: noContainer };
  const programs = await findPrograms(env);
  if ('missing' in programs) return programs;
  const helms = await findHelms(env);
  if ('missing' in helms) return helms;
  const images = await makeImages(env, tools, programs);
  return 'missing' in images ? images : { programs, tools, images, helms };
}
