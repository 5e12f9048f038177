import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The folders of the packages that a bundle was made from, by the paths of its inputs. */
export function packageFolders(inputs: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort();
}

async function noticeOf(root: string, folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as PackageJson;
  const files = (await readdir(join(root, folder)))
    .filter((file) => /^(licen[cs]e|notice|copying|copyrightnotice)/i.test(file))
    .sort();
  const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), 'utf8')));
  const terms =
    texts.length > 0 ? texts.map((text) => text.trim()).join('\n\n') : '(the package has no licence file)';
  return `${manifest.name} ${manifest.version}\nLicence: ${manifest.license ?? 'see below'}\n\n${terms}\n`;
}

/** The licence notices of all packages that a bundle holds. */
export async function licenseNotices(root: string, inputs: readonly string[]): Promise<string> {
  const notices = await Promise.all(packageFolders(inputs).map((folder) => noticeOf(root, folder)));
  return `vmcp-admission contains the following packages.\n\n${notices.join(`\n${'-'.repeat(78)}\n\n`)}`;
}
