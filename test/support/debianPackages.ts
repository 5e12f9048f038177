import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';

/** Downloads packages and what they depend on into `folder/debs`, with lists and caches of their own. */
async function download(packages: readonly string[], folder: string): Promise<readonly string[]> {
  const archives = join(folder, 'debs');
  const lists = join(folder, 'lists');
  for (const into of [archives, lists]) await mkdir(join(into, 'partial'), { recursive: true });
  const own = [
    '-q',
    '-o',
    'Debug::NoLocking=1',
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${folder}`,
  ];
  const install = ['install', '-y', '--download-only', '--no-install-recommends'];
  await command('apt-get', ['update', ...own]);
  await command('apt-get', [...install, ...own, '-o', `Dir::Cache::archives=${archives}`, ...packages]);
  return (await readdir(archives))
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

/**
 * Unpacks Debian packages, with what they depend on and the machine lacks, into `into/tree`. Nothing is installed.
 * Resolves to why that cannot be done, if it cannot.
 */
export async function unpackPackages(packages: readonly string[], into: string): Promise<string | undefined> {
  try {
    for (const archive of await download(packages, into))
      await command('dpkg-deb', ['-x', archive, join(into, 'tree')]);
    return undefined;
  } catch (error) {
    return `Debian packages cannot be had: ${(error as Error).message.replaceAll('\n', ' | ')}`;
  }
}
