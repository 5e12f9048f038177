import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './cluster/installation.ts';
import { buildOnce, cacheFolder, executable, go, goBuild, requiredVersion } from './goBuild.ts';

const TOOLHIVE = { folder: join(ROOT, 'test', 'contract', 'toolhive'), main: 'github.com/stacklok/toolhive' };
const PROGRAM = 'thv-operator';
/** The CRDs without which the operator does not start, beside those of test/e2e/crds. */
const CRDS = ['mcpregistries', 'mcpwebhookconfigs'].map((plural) => `toolhive.stacklok.dev_${plural}.yaml`);

/** ToolHive's operator, as absolute paths. */
export interface ToolhiveOperator {
  readonly program: string;
  /** Files with the CRDs that it needs beside those of test/e2e/crds. */
  readonly crds: readonly string[];
}

async function fill(into: string): Promise<string | undefined> {
  const { code, stdout, tail } = await go(TOOLHIVE.folder, ['list', '-m', '-f', '{{.Dir}}', TOOLHIVE.main]);
  if (code !== 0) return `go list ${TOOLHIVE.main} failed: ${tail.trim()}`;
  const from = join(stdout.trim(), 'deploy', 'charts', 'operator-crds', 'files', 'crds');
  for (const file of CRDS) await copyFile(join(from, file), join(into, file));
  const path = `${TOOLHIVE.main}/cmd/${PROGRAM}`;
  return goBuild(TOOLHIVE.folder, { output: join(into, PROGRAM), flags: '-s -w', path });
}

/** Finds the operator of the release that test/contract/toolhive/go.mod requires in the cache, or builds it there with Go. */
export async function findOperator(
  env: NodeJS.ProcessEnv,
): Promise<ToolhiveOperator | { readonly missing: string }> {
  const version = await requiredVersion(TOOLHIVE);
  const cache = cacheFolder(env, `toolhive-operator-${version}`);
  const found = { program: join(cache, PROGRAM), crds: CRDS.map((file) => join(cache, file)) };
  if (await executable(found.program)) return found;
  if ((await go(TOOLHIVE.folder, ['version'])).code !== 0)
    return { missing: `there is no Go; install it, and ${PROGRAM} is built once (some minutes)` };
  process.stderr.write(`e2e: building ${PROGRAM} ${version} (once, some minutes)\n`);
  const problem = await buildOnce(cache, fill);
  return problem === undefined ? found : { missing: problem };
}
