import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The fields of the checkout's package.json that the published one has too. */
interface Project {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly engines: Readonly<Record<string, string>>;
}

/** Files of the package; npm adds package.json by itself. */
const FILES = [
  'bin.js',
  'main.js',
  'schemas',
  'README.md',
  'LICENSE',
  'THIRD_PARTY_LICENSES.txt',
  'sbom.cdx.json',
];

/**
 * The package.json that is published: no dependencies, since main.js holds them, and none of the scripts of the checkout.
 * `repository` is the address of the source; npm refuses a provenance statement of another one.
 */
export function publishedManifest(project: Project, repository: string | undefined): object {
  const { name, version, description, license, type, engines } = project;
  return {
    name,
    version,
    description,
    keywords: ['kubernetes', 'toolhive', 'mcp', 'admission-webhook', 'lint', 'kubectl-plugin'],
    license,
    ...(repository && { repository: { type: 'git', url: `git+${repository}.git` }, homepage: repository }),
    type,
    bin: { [name]: 'bin.js' },
    files: FILES,
    engines,
    publishConfig: { access: 'public', provenance: true },
  };
}

/** Makes the folder that `npm publish` takes, from the folder that scripts/build.ts has filled. */
export async function writeNpmPackage(
  root: string,
  folders: { readonly built: string; readonly into: string },
  repository: string | undefined,
): Promise<void> {
  const { built, into } = folders;
  const project = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Project;
  await mkdir(into, { recursive: true });
  await cp(join(root, 'scripts/release/npm'), into, { recursive: true });
  await cp(join(root, 'schemas'), join(into, 'schemas'), { recursive: true });
  await copyFile(join(root, 'LICENSE'), join(into, 'LICENSE'));
  for (const name of ['main.js', 'THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json'])
    await copyFile(join(built, name), join(into, name));
  const manifest = publishedManifest(project, repository);
  await writeFile(join(into, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
