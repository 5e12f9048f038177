import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { buildOnce, cacheFolder } from './goBuild.ts';

/** A program of a package that is too large to be a dependency; it is installed once, in a cache folder. */
export interface NpmTool {
  readonly name: string;
  readonly version: string;
  /** The path of the program in the package. */
  readonly program: string;
}

/** Runs npm; resolves to its last lines when it fails. */
async function npm(args: readonly string[], cwd: string): Promise<string | undefined> {
  try {
    const { code, stderr } = await runCommand('npm', args, { cwd });
    return code === 0 ? undefined : stderr.trim().split('\n').slice(-3).join(' | ');
  } catch (error) {
    return (error as Error).message;
  }
}

/** The path of the program, or one line that says why there is none. */
export async function findNpmTool(tool: NpmTool): Promise<{ program: string } | { missing: string }> {
  const { name, version, program } = tool;
  const folder = cacheFolder(process.env, `${name.replace(/^.*\//, '')}-${version}`);
  const path = join(folder, 'node_modules', name, program);
  if (existsSync(path)) return { program: path };
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', '.'];
  const problem = await buildOnce(folder, (into) => npm([...install, `${name}@${version}`], into));
  return problem === undefined ? { program: path } : { missing: `${name} cannot be installed: ${problem}` };
}
