import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../support/cluster/installation.ts';
import { runCommand } from '../../support/command.ts';
import { type NpmRegistry, startNpmRegistry } from './npmRegistry.ts';

/** The npm package, published to a registry of its own. */
export interface PublishedPackage {
  /** A folder for everything that tests make; it is removed with the registry. */
  readonly dir: string;
  /** The folder that was published. */
  readonly folder: string;
  /** The environment of a user: Node 24 and npm of this registry, with an empty cache and home. */
  readonly env: NodeJS.ProcessEnv;
  readonly close: () => Promise<void>;
}

/** The folder of npm's own programs and the one of the Node that runs the tests. */
async function programFolders(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v npm']);
  return [dirname(process.execPath), dirname(stdout.trim()), '/usr/local/bin', '/usr/bin', '/bin'];
}

function userEnvironment(dir: string, registry: NpmRegistry, path: readonly string[]): NodeJS.ProcessEnv {
  const token = `//${new URL(registry.url).host}/:_authToken`;
  return {
    PATH: path.join(':'),
    HOME: dir,
    npm_config_registry: registry.url,
    [`npm_config_${token}`]: 'any',
    npm_config_cache: join(dir, 'npm-cache'),
    npm_config_update_notifier: 'false',
    // npm and the command start many times.
    NODE_COMPILE_CACHE: join(dir, 'compiled'),
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
}

/** Makes the package as the release does, and publishes it. */
export async function publishPackage(): Promise<PublishedPackage> {
  const dir = await mkdtemp(join(tmpdir(), 'vmcp-admission-npm-'));
  const registry = await startNpmRegistry();
  const env = userEnvironment(dir, registry, await programFolders());
  const close = async () => {
    registry.close();
    await rm(dir, { recursive: true, force: true });
  };
  const source = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'example/vmcp-admission' };
  const steps = [
    [process.execPath, [join(ROOT, 'scripts', 'package.ts'), dir]],
    // A statement of provenance needs the identity of a CI job.
    ['npm', ['publish', join(dir, 'npm'), '--provenance=false']],
  ] as const;
  for (const [program, args] of steps) {
    const { code, stderr } = await runCommand(program, args, { cwd: dir, env: { ...env, ...source } });
    if (code === 0) continue;
    await close();
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}`);
  }
  return { dir, folder: join(dir, 'npm'), env, close };
}
