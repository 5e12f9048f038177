import { chmod, copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseImages } from '../../../scripts/release/baseImages.ts';
import { command } from '../../support/command.ts';
import { buildOnce, cacheFolder, executable } from '../../support/goBuild.ts';
import type { Buildah } from './buildah.ts';
import type { Tools } from './packages.ts';

/** What gcr.io/distroless/nodejs holds of Debian, and busybox for the commands of the build stage. */
const CONTENT = 'base-files,netbase,tzdata,ca-certificates,libc6,libgcc-s1,libstdc++6,busybox-static';
const NPM = 'npm@11.21.2';

/** Debian trixie, unpacked and not configured as distroless images have it, and npm. */
async function fill(tools: Tools, into: string): Promise<string | undefined> {
  try {
    await command(
      'mmdebstrap',
      ['--variant=extract', `--include=${CONTENT}`, 'trixie', join(into, 'trixie.tar')],
      {
        env: { ...process.env, ...tools.env },
      },
    );
    await command('npm', ['pack', '--silent', '--pack-destination', into, NPM], { cwd: into });
    return undefined;
  } catch (error) {
    return `the base images cannot be made: ${(error as Error).message.replaceAll('\n', ' | ')}`;
  }
}

/** Returns the folder with Debian trixie and npm, which is filled once. */
export async function findBase(
  env: NodeJS.ProcessEnv,
  tools: Tools,
): Promise<string | { readonly missing: string }> {
  const cache = cacheFolder(env, 'node-base-trixie-1');
  if (await executable(join(cache, '.'))) return cache;
  process.stderr.write('node: downloading Debian trixie and npm for stand-in base images (once)\n');
  const problem = await buildOnce(cache, (into) => fill(tools, into));
  return problem === undefined ? cache : { missing: problem };
}

/** The tree of the image in which the Dockerfile builds: a shell, Node and npm. */
async function buildTree(base: string, tree: string): Promise<void> {
  const npm = join(tree, 'usr/local/lib/node_modules/npm');
  for (const folder of ['root', 'tmp', 'usr/local/bin', 'etc/ssl/certs'])
    await mkdir(join(tree, folder), { recursive: true });
  await mkdir(npm, { recursive: true });
  await command('tar', ['-xf', join(base, 'trixie.tar'), '-C', tree]);
  await command('tar', [
    '-xzf',
    join(base, `${NPM.replace('@', '-')}.tgz`),
    '--strip-components=1',
    '-C',
    npm,
  ]);
  await copyFile(process.execPath, join(tree, 'usr/local/bin/node'));
  await chmod(join(npm, 'bin/npm-cli.js'), 0o755);
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  for (const name of ['sh', 'env']) await symlink('busybox', join(tree, 'usr/bin', name));
  // npm in the image trusts the authorities that npm of the machine trusts.
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (!authorities) return;
  await cp(authorities, join(tree, 'etc/ssl/certs/machine.crt'));
  await writeFile(join(npm, 'npmrc'), 'cafile=/etc/ssl/certs/machine.crt\n');
}

/** The tree of the image that runs: Node, no shell, the user `nonroot`. */
async function runTree(base: string, tree: string): Promise<void> {
  for (const folder of ['nodejs/bin', 'tmp']) await mkdir(join(tree, folder), { recursive: true });
  await command('tar', ['-xf', join(base, 'trixie.tar'), '-C', tree]);
  await copyFile(process.execPath, join(tree, 'nodejs/bin/node'));
  await writeFile(
    join(tree, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
}

/** Makes images under the names from which the Dockerfile in a folder begins: one to build in, and one that runs. */
export async function makeBaseImages(
  buildah: Buildah,
  base: string,
  folder: string,
  sources: string,
): Promise<void> {
  const [build, run] = [join(folder, 'build'), join(folder, 'runtime')];
  for (const tree of [build, run]) await mkdir(tree, { recursive: true });
  await buildTree(base, build);
  await runTree(base, run);
  const [buildName = '', runName = ''] = baseImages(await readFile(join(sources, 'Dockerfile'), 'utf8'));
  await buildah.imageOf(build, `docker.io/library/${buildName}`, [
    ...['--env', 'PATH=/usr/local/bin:/usr/bin:/bin', '--env', 'HOME=/root'],
  ]);
  await buildah.imageOf(run, runName, ['--user', '65532:65532']);
}
