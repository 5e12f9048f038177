import { findProgram, type ReleaseProgram } from '../../../scripts/release/programs.ts';

/** The path of a Go program; undefined, after one line that says why, where there is none. In CI that is an error. */
export async function programOrSkip(name: ReleaseProgram): Promise<string | undefined> {
  const found = await findProgram(name, process.env);
  if ('program' in found) return found.program;
  if (process.env.CI === 'true') throw new Error(`${name} cannot be run: ${found.missing}`);
  process.stderr.write(`release: tests with ${name} SKIPPED, ${found.missing}\n`);
  return undefined;
}
