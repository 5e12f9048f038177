import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import { unpackPackages } from '../../support/debianPackages.ts';
import { buildOnce, cacheFolder, executable } from '../../support/goBuild.ts';

/** Debian packages with the programs of a node and of image building. They are unpacked, never installed. */
const PACKAGES = [
  'buildah',
  'busybox-static',
  'containerd',
  'containernetworking-plugins',
  'mmdebstrap',
  'nftables',
  'runc',
];

/** The unpacked packages. A program that the machine has already is used from there, and only the program. */
export interface Tools {
  readonly folder: string;
  /** Environment with which the programs find each other and their libraries. */
  readonly env: { readonly PATH: string; readonly LD_LIBRARY_PATH: string };
}

async function toolsOf(folder: string): Promise<Tools> {
  const programs = ['usr/bin', 'usr/sbin', 'bin', 'sbin'].map((name) => join(folder, name));
  const libraries = (await readdir(join(folder, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  return {
    folder,
    env: {
      PATH: [...programs, process.env.PATH].join(':'),
      LD_LIBRARY_PATH: libraries.map((name) => join(folder, 'usr/lib', name)).join(':'),
    },
  };
}

/** Unpacks the packages into the cache, once. */
export async function findTools(env: NodeJS.ProcessEnv): Promise<Tools | { readonly missing: string }> {
  const hash = createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8);
  const cache = cacheFolder(env, `node-packages-${hash}`);
  const tree = join(cache, 'tree');
  if (!(await executable(join(tree, 'usr', 'lib')))) {
    process.stderr.write('node: downloading containerd, runc and other Debian packages (once)\n');
    const problem = await buildOnce(cache, (into) => unpackPackages(PACKAGES, into));
    if (problem !== undefined) return { missing: problem };
  }
  return toolsOf(tree);
}

/** The path of a program of the packages. */
export async function pathOf(program: string, tools: Tools): Promise<string> {
  return (await command('sh', ['-c', 'command -v "$0"', program], { env: tools.env })).trim();
}
