import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../test/support/command.ts';
import { chartOf, type PushedImage } from './chart.ts';
import { krewManifest } from './krewManifest.ts';
import { changesOf } from './versions.ts';

/** What is released, where to, and with which programs. */
export interface Release {
  readonly root: string;
  readonly version: string;
  /** What the image and the folder of the charts stand below, such as ghcr.io/OWNER. */
  readonly registry: string;
  /** The image: an OCI layout, or an archive of Docker. */
  readonly image: string;
  /** dist/npm, which `npm run package` makes. */
  readonly npmPackage: string;
  /** The folder that gets the files of the release. */
  readonly into: string;
  /** The page of the source, such as https://github.com/OWNER/vmcp-admission. */
  readonly repository: string;
  readonly programs: Readonly<Record<'crane' | 'cosign' | 'helm', string>>;
  /** Arguments of cosign for signing; none in CI, where it signs with the identity of the workflow. */
  readonly signing: readonly string[];
  /** Arguments of Helm for pushing. */
  readonly helmPush?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** What was pushed. */
export interface Published {
  readonly image: PushedImage;
  readonly chart: PushedImage;
}

/** The digest in what a program printed that has pushed something. @throws when there is none. */
function digestIn(text: string): string {
  const digest = /sha256:[0-9a-f]{64}/.exec(text)?.[0];
  if (digest === undefined) throw new Error(`the output has no digest: ${text}`);
  return digest;
}

/** What of a release is needed to push image and chart. */
export type Pushed = Pick<
  Release,
  'root' | 'version' | 'registry' | 'image' | 'into' | 'helmPush' | 'env'
> & {
  readonly programs: Pick<Release['programs'], 'crane' | 'helm'>;
};

/** The name by which exactly this image or chart is pulled. */
export const reference = ({ repository, digest }: PushedImage) => `${repository}@${digest}`;

async function pushImage({ programs, registry, image, version, env }: Pushed): Promise<PushedImage> {
  const repository = `${registry}/vmcp-admission`;
  const digest = digestIn(
    await command(programs.crane, ['push', image, `${repository}:${version}`], { env }),
  );
  return { repository, digest };
}

/** Packages the chart with the image as its default, pushes it, and keeps the archive as a file of the release. */
async function pushChart(release: Pushed, image: PushedImage): Promise<PushedImage> {
  const { root, programs, registry, version, into, env, helmPush = [] } = release;
  const temporary = await mkdtemp(join(tmpdir(), 'vmcp-admission-chart-'));
  try {
    const chart = await chartOf(join(root, 'deploy/helm/vmcp-admission'), temporary, image);
    await command(programs.helm, ['package', chart, '--destination', temporary], { env });
    const archive = `vmcp-admission-${version}.tgz`;
    await copyFile(join(temporary, archive), join(into, `vmcp-admission-chart-${version}.tgz`));
    await command(
      programs.helm,
      ['push', join(temporary, archive), `oci://${registry}/charts`, ...helmPush],
      { env },
    );
    const repository = `${registry}/charts/vmcp-admission`;
    const digest = digestIn(await command(programs.crane, ['digest', `${repository}:${version}`], { env }));
    return { repository, digest };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Pushes the image, and the chart whose default image it is. The archive of the chart goes into the folder of the release. */
export async function pushImages(release: Pushed): Promise<Published> {
  const image = await pushImage(release);
  return { image, chart: await pushChart(release, image) };
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** The npm package, and the manifest of the kubectl plugin, whose archive the package is. */
async function writePackages({ npmPackage, into, version, repository, env }: Release): Promise<void> {
  await command('npm', ['pack', npmPackage, '--pack-destination', into], { env });
  const archive = `vmcp-admission-${version}.tgz`;
  const manifest = krewManifest({
    version,
    homepage: repository,
    uri: `${repository}/releases/download/v${version}/${archive}`,
    sha256: await sha256(join(into, archive)),
  });
  await writeFile(join(into, 'vmcp-admission-krew.yaml'), manifest);
  for (const file of ['sbom.cdx.json', 'THIRD_PARTY_LICENSES.txt'])
    await copyFile(join(npmPackage, file), join(into, file));
}

/** Signs image and chart. */
export async function signImages(
  { cosign, signing, env }: Pick<Release, 'signing' | 'env'> & { readonly cosign: string },
  { image, chart }: Published,
): Promise<void> {
  for (const pushed of [image, chart])
    await command(cosign, ['sign', '--yes', ...signing, reference(pushed)], { env });
}

/** Signs image and chart, and states which packages the image has. */
async function sign(release: Release, published: Published): Promise<void> {
  const { programs, signing, npmPackage, env } = release;
  await signImages({ cosign: programs.cosign, signing, env }, published);
  const sbom = ['--type', 'cyclonedx', '--predicate', join(npmPackage, 'sbom.cdx.json')];
  await command(programs.cosign, ['attest', '--yes', ...signing, ...sbom, reference(published.image)], {
    env,
  });
}

/** Writes the checksums of all files of the release, and the signature of that list. */
async function writeChecksums({ programs, signing, into, env }: Release): Promise<void> {
  const files = (await readdir(into)).sort();
  const lines = await Promise.all(files.map(async (file) => `${await sha256(join(into, file))}  ${file}\n`));
  const list = join(into, 'checksums.txt');
  await writeFile(list, lines.join(''));
  const bundle = ['--bundle', `${list}.sigstore.json`];
  await command(programs.cosign, ['sign-blob', '--yes', ...signing, ...bundle, list], { env });
}

/**
 * Pushes and signs the image and the chart, and writes the files of the release: both archives, the krew manifest, the list of
 * images with their digests, the notes, the SBOM, and the signed checksums.
 */
export async function publish(release: Release): Promise<Published> {
  const { root, version, into } = release;
  const notes = changesOf(await readFile(join(root, 'CHANGELOG.md'), 'utf8'), version);
  if (notes === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}" with text below it`);
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const published = await pushImages(release);
  await sign(release, published);
  await writePackages(release);
  // Only the chart, the image and these files are needed where there is no internet.
  await writeFile(join(into, 'images.txt'), `${reference(published.image)}\n${reference(published.chart)}\n`);
  await writeChecksums(release);
  await writeFile(join(into, '..', 'notes.md'), `${notes}\n\n${imagesNote(published)}`);
  return published;
}

function imagesNote({ image, chart }: Published): string {
  return `| | |\n|---|---|\n| image | \`${reference(image)}\` |\n| chart | \`${reference(chart)}\` |\n`;
}
