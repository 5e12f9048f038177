// `npm run test:node`: the product on a real Kubernetes node. Prepares programs, packages and images, which are cached, then runs
// the tests in namespaces of their own. Everything that they start, mount or connect ends with those namespaces.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCgroups, removeCgroups } from './machine/cgroups.ts';
import { prepare } from './prepare/prepare.ts';
import { whyNot } from './prepare/requirements.ts';
import { ROOT } from './support/paths.ts';

const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
/** The network, mounts and processes of the tests are their own. The kernel ends all of them with the first process. */
const ISOLATED = ['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--pid', '--fork', '--kill-child'];

function skip(why: string): void {
  process.stdout.write(`node: SKIPPED, ${why}\n`);
}

/** Runs vitest in the namespaces; resolves to its exit code. An interrupt ends it, and this process goes on to clean up. */
function runTests(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<number> {
  const vitest = [process.execPath, VITEST, 'run', '--project', 'node', ...args];
  const child = spawn('setpriv', [...ISOLATED, '--mount-proc', ...vitest], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<void> {
  const unmet = await whyNot();
  if (unmet !== undefined) return skip(unmet);
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-node-'));
  const cgroup = `vmcp-admission-node-${process.pid}`;
  const cgroups = [cgroup, `${cgroup}-2`];
  try {
    for (const name of cgroups) await makeCgroups(name);
    const prepared = await prepare(process.env, cgroup);
    if ('missing' in prepared) return skip(prepared.missing);
    const machine = JSON.stringify({ ...prepared, cgroup, folder });
    process.exitCode = await runTests({ VMCP_NODE: machine, TMPDIR: folder }, process.argv.slice(2));
  } finally {
    for (const name of cgroups) await removeCgroups(name);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

await main();
