import { makeImages } from './images.ts';
import { findTools, type Tools } from './packages.ts';
import { findPrograms, type Programs } from './programs.ts';

/** All that a node needs: programs, tools of the distribution, and archives of the images. Plain data. */
export interface Prepared {
  readonly programs: Programs;
  readonly tools: Tools;
  readonly images: readonly string[];
}

/** Gets everything that comes from outside. The tests themselves have no way out of their network. */
export async function prepare(env: NodeJS.ProcessEnv): Promise<Prepared | { readonly missing: string }> {
  const tools = await findTools(env);
  if ('missing' in tools) return tools;
  const programs = await findPrograms(env);
  if ('missing' in programs) return programs;
  const images = await makeImages(env, tools, programs);
  return 'missing' in images ? images : { programs, tools, images };
}
