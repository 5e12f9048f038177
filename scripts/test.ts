// `npm test`: types and lint, then all tests but the rehearsal of a release and those on a node, also when a step before failed.
// Its last line is `N passed, N failed`: the tests that vitest counted, and one for each step of types and lint.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, addToFile, type Counts, countReport, countsLine } from './testCounts.ts';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');

/** Runs a tool of node_modules/.bin with its output shown as it is; resolves to its exit code. */
function run(tool: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(join(bin, tool), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    child.once('error', (error) => {
      process.stderr.write(`${tool}: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function step(title: string, tool: string, args: readonly string[]): Promise<Counts> {
  const code = await run(tool, args);
  process.stdout.write(code === 0 ? `${title}: ok\n` : `${title}: failed (${tool} ended with ${code})\n`);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** The projects of vitest.config.ts in one run, so that one waits for its programs while another computes. */
const PROJECTS = ['unit', 'contract', 'packages', 'browser', 'e2e'];

async function tests(folder: string): Promise<Counts> {
  process.stdout.write(
    "\n== tests: unit and HTTP; contract with ToolHive's own packages; the npm package and the integrations; the site and the playground in a real browser; end to end on a real API server\n",
  );
  const file = join(folder, 'tests.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run('vitest', [
    'run',
    ...PROJECTS.flatMap((project) => ['--project', project]),
    ...reporters,
  ]);
  return countReport(file, code);
}

const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-test-'));
try {
  const steps = await Promise.all([
    step('types', 'tsc', ['--noEmit']),
    step('types of what runs in a browser', 'tsc', ['--noEmit', '-p', 'tsconfig.browser.json']),
    step('lint', 'biome', ['check', '--error-on-warnings', '.']),
  ]);
  const results = [...steps, await tests(folder)];
  const counts = addCounts(results);
  process.exitCode = counts.failed === 0 ? 0 : 1;
  process.stdout.write(`\n${countsLine(addToFile(counts, process.env))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
