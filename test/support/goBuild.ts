import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './command.ts';

/** A Go module that pins the programs which tests run. */
export interface GoModule {
  readonly folder: string;
  /** The required module whose version the cache is named by. */
  readonly main: string;
}

/** How a run of the Go tool ended: its exit code, what it printed, and the end of what it complained. */
export interface GoRun {
  readonly code: number;
  readonly stdout: string;
  readonly tail: string;
}

export async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Runs the Go tool in a module. Never throws: without Go the exit code is 127. */
export async function go(folder: string, args: readonly string[]): Promise<GoRun> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
  try {
    const { code, stdout, stderr } = await runCommand('go', args, { cwd: folder, env });
    return { code, stdout, tail: stderr.slice(-2000) };
  } catch (error) {
    return { code: 127, stdout: '', tail: (error as Error).message };
  }
}

/** Builds one program. Resolves to what went wrong, in one line. */
export async function goBuild(
  folder: string,
  target: {
    readonly output: string;
    readonly flags: string;
    readonly path: string;
    /** True for a module without a go.sum. */
    readonly unlocked?: boolean;
  },
): Promise<string | undefined> {
  const { output, flags, path, unlocked = false } = target;
  const mod = unlocked ? ['-mod=mod'] : [];
  const run = await go(folder, ['build', ...mod, '-trimpath', '-ldflags', flags, '-o', output, path]);
  if (run.code === 0) return undefined;
  return `go build ${path} failed: ${run.tail.trim().split('\n').slice(-5).join(' | ')}`;
}

/** The version that a module requires of another, without the v. @throws when it does not require it. */
export async function requiredVersion({ folder, main }: GoModule): Promise<string> {
  const file = join(folder, 'go.mod');
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .map((line) => line.trim().replace(/^require /, ''));
  const line = lines.find((text) => text.startsWith(`${main} v`));
  const version = / v(\S+)/.exec(line ?? '')?.[1];
  if (!version) throw new Error(`${file} does not require ${main}`);
  return version;
}

/** A short hash of a module's go.mod, go.sum and sources: a build of other sources is another program. */
export async function moduleHash(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 8);
}

/** The folder in which something that was built once stays for later runs. */
export function cacheFolder(env: NodeJS.ProcessEnv, name: string): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vmcp-admission', name);
}

/** Ends the name of a cache folder that stands for certain sources. */
const SOURCES_HASH = /-[0-9a-f]{8,12}$/;
const DAY_MS = 24 * 3_600_000;

/** Removes builds of earlier sources. What is younger than a day stays: another checkout may use it. */
async function removeEarlier(cache: string): Promise<void> {
  if (!SOURCES_HASH.test(cache)) return;
  const [folder, name] = [dirname(cache), basename(cache).replace(SOURCES_HASH, '')];
  for (const other of await readdir(folder)) {
    const path = join(folder, other);
    if (path === cache || !SOURCES_HASH.test(other) || other.replace(SOURCES_HASH, '') !== name) continue;
    if (Date.now() - (await stat(path)).mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Fills a cache folder. `fill` gets a folder of its own, which is then renamed, so that two runs at once cannot see each
 * other's half; it resolves to what went wrong, if anything did.
 */
export async function buildOnce(
  cache: string,
  fill: (into: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  await mkdir(dirname(cache), { recursive: true });
  const temporary = await mkdtemp(`${cache}.building-`);
  try {
    const problem = await fill(temporary);
    if (problem !== undefined) return problem;
    await rm(cache, { recursive: true, force: true });
    await rename(temporary, cache).catch(() => undefined); // another run was faster: its folder is the same
    await removeEarlier(cache);
    return undefined;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A program of a Go module: its name in the cache folder, and the package that it is built from. */
export interface GoProgram extends GoModule {
  readonly name: string;
  readonly path: string;
  /** Of the linker; by default those that leave out what only debuggers need. */
  readonly flags?: string;
}

async function cacheOf(env: NodeJS.ProcessEnv, { folder, main, name }: GoProgram) {
  const version = await requiredVersion({ folder, main });
  const cache = cacheFolder(env, `${name}-${version}-${await moduleHash(folder)}`);
  return { version, cache, program: join(cache, name) };
}

/** The path of a program that an earlier run has built; undefined when none has. */
export async function builtGoProgram(env: NodeJS.ProcessEnv, wanted: GoProgram): Promise<string | undefined> {
  const { program } = await cacheOf(env, wanted);
  return (await executable(program)) ? program : undefined;
}

/** Finds a program in the cache, or builds it there with Go. `missing` is one line that says why there is none. */
export async function findGoProgram(
  env: NodeJS.ProcessEnv,
  wanted: GoProgram,
): Promise<{ readonly program: string } | { readonly missing: string }> {
  const { folder, name, path, flags = '-s -w' } = wanted;
  const { version, cache, program } = await cacheOf(env, wanted);
  if (await executable(program)) return { program };
  if ((await go(folder, ['version'])).code !== 0)
    return { missing: `there is no Go; install it, and ${name} is built once (some minutes)` };
  process.stderr.write(`building ${name} ${version} (once, some minutes)\n`);
  const problem = await buildOnce(cache, (into) =>
    goBuild(folder, { output: join(into, name), flags, path }),
  );
  return problem === undefined ? { program } : { missing: problem };
}
