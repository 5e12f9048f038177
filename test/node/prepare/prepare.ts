import { builtProgram, findProgram } from '../../../scripts/release/programs.ts';
import { type CertManagerBinary, findCertManager } from '../../chaos/certManagerBinary.ts';
import { findHelms, type HelmMajor } from '../../e2e/harness/helm.ts';
import { whyNoContainer } from './container.ts';
import { type Images, makeImages } from './images.ts';
import { findTools, type Tools } from './packages.ts';
import { findPrograms, type Programs } from './programs.ts';
import { findVersionBefore, type VersionBefore } from './versionBefore.ts';

/** All that a node needs: programs, tools of the distribution, and archives of the images. Plain data. */
export interface Prepared {
  readonly programs: Programs;
  readonly tools: Tools;
  readonly images: Images;
  readonly helms: Readonly<Record<HelmMajor, string>>;
  readonly crane: string;
  /** Where an earlier run has built it: `npm run test:release` does, in some minutes. */
  readonly cosign?: string | undefined;
  /** Where the history of the repository is at hand. */
  readonly before?: VersionBefore | undefined;
  /** Only for the tests with it. */
  readonly certManager?: CertManagerBinary | undefined;
}

/**
 * Gets everything that comes from outside; the tests themselves have no way out of their network. `missing` says in one line
 * why this machine cannot run a node.
 */
export async function prepare(
  env: NodeJS.ProcessEnv,
  cgroup: string,
  wanted: { readonly certManager: boolean },
): Promise<Prepared | { readonly missing: string }> {
  const tools = await findTools(env);
  if ('missing' in tools) return tools;
  const noContainer = await whyNoContainer(tools, cgroup);
  if (noContainer !== undefined) return { missing: noContainer };
  const programs = await findPrograms(env);
  if ('missing' in programs) return programs;
  const helms = await findHelms(env);
  if ('missing' in helms) return helms;
  const crane = await findProgram('crane', env);
  if ('missing' in crane) return crane;
  const progress = (text: string) => process.stderr.write(`node: ${text}\n`);
  const before = await findVersionBefore();
  if (before === undefined)
    progress('there is no history of the repository, so the upgrade starts from the present version');
  const images = await makeImages(env, tools, programs, before);
  if ('missing' in images) return images;
  const certManager = wanted.certManager ? await findCertManager(env, progress) : undefined;
  const cosign = await builtProgram('cosign', env);
  return { programs, tools, images, helms, crane: crane.program, cosign, before, certManager };
}
