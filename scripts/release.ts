// `npm run release -- STEP`: the steps of a release. The workflow .github/workflows/release.yml calls them one after the other, and
// test/release/rehearsal.test.ts runs them against a registry on this machine.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { command } from '../test/support/command.ts';
import { pinBaseImages } from './release/baseImages.ts';
import { findProgram, type ReleaseProgram } from './release/programs.ts';
import { publish } from './release/publish.ts';
import { setVersion, versionProblems } from './release/versions.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

async function programOf(name: ReleaseProgram): Promise<string> {
  const found = await findProgram(name, process.env);
  if ('missing' in found) throw new Error(`${name} cannot be run: ${found.missing}`);
  return found.program;
}

async function checkVersion(version: string): Promise<void> {
  const problems = await versionProblems(root, version);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) throw new Error('the release cannot be made from this commit');
}

async function pin(): Promise<void> {
  const crane = await programOf('crane');
  const digestOf = async (image: string) => (await command(crane, ['digest', image])).trim();
  process.stdout.write(await pinBaseImages(await readFile(join(root, 'Dockerfile'), 'utf8'), digestOf));
}

interface PublishOptions {
  readonly registry: string;
  readonly image: string;
  readonly repository: string;
}

async function publishAll(version: string, options: PublishOptions): Promise<void> {
  await checkVersion(version);
  const programs = {
    crane: await programOf('crane'),
    cosign: await programOf('cosign'),
    helm: await programOf('helm'),
  };
  const folders = { npmPackage: join(dist, 'npm'), into: join(dist, 'release') };
  const { image, chart } = await publish({
    root,
    version,
    ...options,
    ...folders,
    programs,
    signing: [],
    env: process.env,
  });
  const outputs = `image=${image.repository}\nimage-digest=${image.digest}\nchart=${chart.repository}\nchart-digest=${chart.digest}\n`;
  if (process.env.GITHUB_OUTPUT) await appendFile(process.env.GITHUB_OUTPUT, outputs);
  process.stdout.write(outputs);
}

const program = new Command('release');
program
  .command('set-version <version>')
  .description('write the version to all files that have it')
  .action((version: string) => setVersion(root, version));
program
  .command('check <version>')
  .description('say what keeps this commit from being released as the version')
  .action(checkVersion);
program.command('pin').description('print the Dockerfile with the digests of its base images').action(pin);
program
  .command('publish <version>')
  .description('push and sign image and chart, and write the files of the release to dist/release')
  .requiredOption('--registry <address>', 'what the image and the charts stand below, such as ghcr.io/OWNER')
  .requiredOption('--image <path>', 'OCI layout of the image')
  .requiredOption('--repository <url>', 'page of the source')
  .action(publishAll);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
