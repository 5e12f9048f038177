import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debianPackages.ts';
import { buildOnce, cacheFolder, executable } from './goBuild.ts';

/** A browser, and the environment that it needs. */
export interface Chromium {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

async function installed({ PATH = '' }: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of PATH.split(':'))
    for (const name of NAMES) if (await executable(join(folder, name))) return join(folder, name);
  return undefined;
}

async function unpack(into: string): Promise<string | undefined> {
  const problem = await unpackPackages(['chromium'], into);
  for (const name of ['debs', 'lists']) await rm(join(into, name), { recursive: true, force: true });
  return problem;
}

/** The browser of the machine, else that of Debian's packages, which is unpacked into the cache once. */
export async function findChromium(env: NodeJS.ProcessEnv): Promise<Chromium | { readonly missing: string }> {
  const own = await installed(env);
  if (own !== undefined) return { program: own, env: {} };
  if (process.platform !== 'linux') return { missing: 'there is no Chromium on this machine' };
  const cache = cacheFolder(env, 'chromium-debian');
  const program = join(cache, 'tree/usr/lib/chromium/chromium');
  if (!(await executable(program))) {
    process.stderr.write("browser: downloading Chromium from Debian's packages (once)\n");
    const problem = await buildOnce(cache, unpack);
    if (problem !== undefined) return { missing: problem };
  }
  const libraries = join(
    cache,
    'tree/usr/lib',
    `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  );
  return { program, env: { LD_LIBRARY_PATH: `${libraries}:${join(libraries, 'pulseaudio')}` } };
}
