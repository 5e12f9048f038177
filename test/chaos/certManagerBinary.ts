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
} from '../support/goBuild.ts';

/** cert-manager as one program, and the folder of its CRDs. */
export interface CertManagerBinary {
  /** Without the v. */
  readonly version: string;
  readonly program: string;
  readonly crds: string;
}

const MODULE = {
  folder: join(import.meta.dirname, 'cert-manager'),
  main: 'github.com/cert-manager/cert-manager',
};

async function fill(into: string): Promise<string | undefined> {
  const { folder, main } = MODULE;
  const problem = await goBuild(folder, { output: join(into, 'cert-manager'), flags: '-s -w', path: '.' });
  if (problem !== undefined) return problem;
  // The build has downloaded the module, so its folder is known now.
  const { stdout } = await go(folder, ['list', '-m', '-f', '{{.Dir}}', main]);
  await cp(join(stdout.trim(), 'deploy', 'crds'), join(into, 'crds'), {
    recursive: true,
    filter: (name) => !name.endsWith('.md'),
  });
  return undefined;
}

/** Builds cert-manager once, with Go, from the module that pins it. @throws one line that says why it cannot. */
export async function findCertManager(
  env: NodeJS.ProcessEnv,
  progress: (text: string) => void,
): Promise<CertManagerBinary> {
  const version = await requiredVersion(MODULE);
  const cache = cacheFolder(env, `cert-manager-${version}-${await moduleHash(MODULE.folder)}`);
  const found = { version, program: join(cache, 'cert-manager'), crds: join(cache, 'crds') };
  if (await executable(found.program)) return found;
  if ((await go(MODULE.folder, ['version'])).code !== 0)
    throw new Error('Go is needed to build cert-manager once; install it and run again');
  progress(`building cert-manager ${version} (once, some minutes)`);
  const problem = await buildOnce(cache, fill);
  if (problem !== undefined) throw new Error(problem);
  return found;
}
