import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../../../src/version.ts';
import { command, runCommand } from '../../support/command.ts';
import { ROOT } from '../support/paths.ts';

/** Stands for the version before this one until one is released: a commit of the history, and the version that its chart gets. */
const UNRELEASED = { commit: 'fba0b89875603916125570eb9b737e254275d3b5', version: '0.0.9' };

/** The version that an upgrade starts from. Plain data. */
export interface VersionBefore {
  readonly commit: string;
  readonly version: string;
}

async function git(...args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await runCommand('git', args, { cwd: ROOT }).catch(() => ({
    code: 1,
    stdout: '',
  }));
  return code === 0 ? stdout.trim() : undefined;
}

/** Finds the newest released version below the present one, or what stands for it; undefined without a history. */
export async function findVersionBefore(): Promise<VersionBefore | undefined> {
  const tags = (await git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-v:refname')) ?? '';
  const tag = tags.split('\n').find((name) => name !== '' && name !== `v${VERSION}`);
  const { commit, version } = tag ? { commit: tag, version: tag.slice(1) } : UNRELEASED;
  const full = await git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`);
  return full === undefined ? undefined : { commit: full, version };
}

/** Unpacks the sources of a version into a folder. */
export async function unpackVersion({ commit }: VersionBefore, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await command('sh', ['-c', 'git archive "$0" | tar -xf - -C "$1"', commit, into], { cwd: ROOT });
}

/** Packages the chart of a version with that version; returns the archive. */
export async function packChart(before: VersionBefore, helm: string, folder: string): Promise<string> {
  const sources = join(folder, 'version-before');
  await unpackVersion(before, sources);
  const chart = join(sources, 'deploy', 'helm', 'vmcp-admission');
  await command(helm, ['package', chart, '--version', before.version, '--destination', folder], {
    env: { ...process.env, HOME: folder },
  });
  return join(folder, `vmcp-admission-${before.version}.tgz`);
}
