import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import { buildOnce, cacheFolder, executable } from '../../support/goBuild.ts';
import { ROOT } from '../support/paths.ts';
import { findBase, makeBaseImages } from './baseImages.ts';
import { Buildah } from './buildah.ts';
import { pathOf, type Tools } from './packages.ts';
import type { Programs } from './programs.ts';
import { unpackVersion, type VersionBefore } from './versionBefore.ts';

/** The names under which the node knows the images. */
export const IMAGES = {
  pause: 'localhost/pause:1',
  busybox: 'localhost/busybox:1',
  vmcp: 'localhost/vmcp:1',
  webhook: 'localhost/vmcp-admission:1',
  before: 'localhost/vmcp-admission:before',
} as const;

/** Archives of the images; that of the version before only where its sources are. */
export type Images = Readonly<Record<Exclude<keyof typeof IMAGES, 'before'>, string>> & {
  readonly before?: string;
};

/** What the image of the webhook is made from. */
const SOURCES = [
  'Dockerfile',
  '.dockerignore',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'src',
  'scripts',
];

async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!entries) return [path];
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The files that make the images. */
const MAKERS = ['images.ts', 'baseImages.ts', 'buildah.ts'].map((name) => join(import.meta.dirname, name));

/** A short hash of some files and folders of the checkout, and of the files that make the images. */
async function hashOf(sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const source of [...sources.map((name) => join(ROOT, name)), ...MAKERS])
    for (const file of [...(await filesBelow(source))].sort())
      hash.update(`${file.slice(ROOT.length)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}

/** An image that is kept in the cache as an archive until its sources change. */
interface Image {
  readonly name: string;
  readonly cache: string;
  readonly make: (buildah: Buildah, folder: string) => Promise<void>;
}

async function archiveOf(image: Image, tools: Tools): Promise<string> {
  const file = 'image.tar';
  if (await executable(join(image.cache, '.'))) return join(image.cache, file);
  process.stderr.write(`node: building the image ${image.name}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-image-'));
  try {
    await buildOnce(image.cache, async (into) => {
      const buildah = await Buildah.create(folder, tools);
      await image.make(buildah, folder);
      await buildah.save(image.name, join(into, file));
      return undefined;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return join(image.cache, file);
}

/** A tree with busybox under all of its names, and perhaps one more static program. */
async function busyboxTree(folder: string, tools: Tools, program?: string): Promise<string> {
  const tree = join(folder, 'tree');
  for (const name of ['bin', 'etc']) await mkdir(join(tree, name), { recursive: true });
  await mkdir(join(tree, 'tmp'), { mode: 0o1777 });
  const busybox = await pathOf('busybox', tools);
  await copyFile(busybox, join(tree, 'bin/busybox'));
  const names = (await command(busybox, ['--list'])).trim().split('\n');
  for (const name of names.filter((one) => one !== 'busybox'))
    await symlink('busybox', join(tree, 'bin', name));
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n');
  if (program) await copyFile(program, join(tree, 'bin/vmcp'));
  return tree;
}

function small(env: NodeJS.ProcessEnv, tools: Tools, hash: string) {
  return (name: string, entrypoint: string, program?: string): Image => ({
    name,
    cache: cacheFolder(env, `node-image-${name.replace(/^.*\/|:1$/g, '')}-${hash}`),
    make: async (buildah, folder) => {
      const tree = await busyboxTree(folder, tools, program);
      await buildah.imageOf(tree, name, ['--env', 'PATH=/bin', '--entrypoint', entrypoint]);
    },
  });
}

/** Builds the image of a Dockerfile of the project over the stand-in base images. */
async function build(buildah: Buildah, name: string, sources: string): Promise<void> {
  await buildah.run('bud', '--pull-never', '--isolation', 'chroot', '-t', name, sources);
}

/** The image of this checkout. */
async function webhookImage(env: NodeJS.ProcessEnv, base: string): Promise<Image> {
  return {
    name: IMAGES.webhook,
    cache: cacheFolder(env, `node-image-webhook-${await hashOf(SOURCES)}`),
    make: async (buildah, folder) => {
      await makeBaseImages(buildah, base, folder, ROOT);
      await build(buildah, IMAGES.webhook, ROOT);
    },
  };
}

/** The image of the version before. */
function imageBefore(env: NodeJS.ProcessEnv, base: string, before: VersionBefore): Image {
  return {
    name: IMAGES.before,
    cache: cacheFolder(env, `node-image-before-${before.commit.slice(0, 12)}`),
    make: async (buildah, folder) => {
      const sources = join(folder, 'sources');
      await unpackVersion(before, sources);
      await makeBaseImages(buildah, base, folder, sources);
      await build(buildah, IMAGES.before, sources);
    },
  };
}

/** Removes images of other sources, so that the cache does not grow with each change. */
async function removeOld(env: NodeJS.ProcessEnv, kept: readonly Image[]): Promise<void> {
  const all = await readdir(cacheFolder(env, '.'));
  const old = all
    .map((name) => cacheFolder(env, name))
    .filter((path) => /\/node-image-[^/]*-[0-9a-f]{12}$/.test(path));
  for (const path of old)
    if (!kept.some(({ cache }) => cache === path)) await rm(path, { recursive: true, force: true });
}

/** Makes all images that are not in the cache; returns their archives. */
export async function makeImages(
  env: NodeJS.ProcessEnv,
  tools: Tools,
  programs: Programs,
  before: VersionBefore | undefined,
): Promise<Images | { readonly missing: string }> {
  const base = await findBase(env, tools);
  if (typeof base !== 'string') return base;
  const image = small(env, tools, await hashOf([]));
  const images = {
    pause: image(IMAGES.pause, '["/bin/busybox","sleep","2147483647"]'),
    busybox: image(IMAGES.busybox, '[]'),
    vmcp: image(IMAGES.vmcp, '["/bin/vmcp"]', programs.vmcp),
    webhook: await webhookImage(env, base),
    ...(before === undefined ? {} : { before: imageBefore(env, base, before) }),
  };
  const archives: Record<string, string> = {};
  for (const [key, one] of Object.entries(images)) archives[key] = await archiveOf(one, tools);
  await removeOld(env, Object.values(images));
  return archives as unknown as Images;
}
