import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debianPackages.ts';
import { buildOnce, cacheFolder, executable } from './goBuild.ts';

/** Prometheus and promtool, and the environment that they need. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
  readonly env: Readonly<Record<string, string>>;
}

async function unpack(into: string): Promise<string | undefined> {
  const problem = await unpackPackages(['prometheus'], into);
  for (const name of ['debs', 'lists']) await rm(join(into, name), { recursive: true, force: true });
  return problem;
}

/** The programs of Debian's package, which is unpacked into the cache once; `missing` says in a line why there are none. */
export async function findPrometheus(
  env: NodeJS.ProcessEnv,
): Promise<PrometheusPrograms | { readonly missing: string }> {
  const cache = cacheFolder(env, 'prometheus-debian');
  const bin = join(cache, 'tree', 'usr', 'bin');
  const promtool = join(bin, 'promtool');
  if (!(await executable(promtool))) {
    process.stderr.write("monitoring: downloading Prometheus from Debian's packages (once)\n");
    const problem = await buildOnce(cache, unpack);
    if (problem !== undefined) return { missing: problem };
  }
  const libraries = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const found = { LD_LIBRARY_PATH: join(cache, 'tree', 'usr', 'lib', libraries) };
  return { prometheus: join(bin, 'prometheus'), promtool, env: found };
}
