import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildOnce,
  cacheFolder,
  executable,
  go,
  goBuild,
  moduleHash,
  requiredVersion,
} from '../../support/goBuild.ts';

const MODULE = { folder: join(import.meta.dirname, '..', 'toolhive'), main: 'github.com/stacklok/toolhive' };

/** Builds the program, and puts ToolHive's CRDs beside it, where it looks for them, and its examples. */
async function fill(into: string): Promise<string | undefined> {
  const { folder, main } = MODULE;
  const problem = await goBuild(folder, {
    output: join(into, 'toolhive-verdict'),
    flags: '-s -w',
    path: '.',
  });
  if (problem !== undefined) return problem;
  const { stdout } = await go(folder, ['list', '-m', '-f', '{{.Dir}}', main]);
  const copied = [
    ['crds', join('deploy', 'charts', 'operator-crds', 'files', 'crds')],
    ['examples', join('examples', 'operator')],
  ] as const;
  for (const [name, path] of copied)
    await cp(join(stdout.trim(), path), join(into, name), { recursive: true });
  return undefined;
}

export type FoundProgram = { readonly program: string } | { readonly missing: string };

/**
 * Finds the program that judges with ToolHive's own packages: in the cache folder of its sources, else it is built there
 * once with Go. `missing` is one line that says what to do.
 */
export async function findProgram(env: NodeJS.ProcessEnv): Promise<FoundProgram> {
  const { folder } = MODULE;
  const version = await requiredVersion(MODULE);
  const cache = cacheFolder(env, `toolhive-contract-${version}-${await moduleHash(folder)}`);
  const program = join(cache, 'toolhive-verdict');
  if (await executable(program)) return { program };
  if ((await go(folder, ['version'])).code !== 0)
    return { missing: 'there is no Go; install it, and ToolHive is built once (some minutes)' };
  process.stderr.write(`contract: building a program from ToolHive ${version} (once, some minutes)\n`);
  const problem = await buildOnce(cache, fill);
  return problem === undefined ? { program } : { missing: problem };
}
