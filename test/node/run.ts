// `npm run test:node`: the product on a real Kubernetes node. Prepares programs, packages and images, which are cached, then runs
// the tests in namespaces of their own. Everything that they start, mount or connect ends with those namespaces. With the argument
// `certManager` it runs the tests with cert-manager in place of the others; further arguments are those of vitest.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCgroups, removeCgroups } from './machine/cgroups.ts';
import { prepare } from './prepare/prepare.ts';
import { whyNot } from './prepare/requirements.ts';
import { ROOT } from './support/paths.ts';

const CERT_MANAGER = 'certManager';
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

/** The file of tests, and whether it needs cert-manager. */
function choose(args: readonly string[]) {
  const certManager = args.includes(CERT_MANAGER);
  const file = `test/node/${certManager ? CERT_MANAGER : 'node'}.test.ts`;
  return { certManager, args: [file, ...args.filter((arg) => arg !== CERT_MANAGER)] };
}

async function main(): Promise<void> {
  const { certManager, args } = choose(process.argv.slice(2));
  const unmet = await whyNot();
  if (unmet !== undefined) return skip(unmet);
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-node-'));
  const cgroup = `vmcp-admission-node-${process.pid}`;
  const cgroups = [cgroup, `${cgroup}-2`];
  try {
    for (const name of cgroups) await makeCgroups(name);
    const prepared = await prepare(process.env, cgroup, { certManager });
    if ('missing' in prepared) return skip(prepared.missing);
    const machine = JSON.stringify({ ...prepared, cgroup, folder });
    process.exitCode = await runTests({ VMCP_NODE: machine, TMPDIR: folder }, args);
  } finally {
    for (const name of cgroups) await removeCgroups(name);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

await main();
