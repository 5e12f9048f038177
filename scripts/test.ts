// `npm test`: types, lint, unit tests, contract tests, tests of the packages, browser tests, end-to-end tests. Every step runs
// also when one before it failed. Its last line is `N passed, N failed`: the tests that vitest counted, and one for each step
// of types and lint.
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
  process.stdout.write(`\n== ${title}\n`);
  const code = await run(tool, args);
  process.stdout.write(code === 0 ? `${title}: ok\n` : `${title}: failed (${tool} ended with ${code})\n`);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function tests(title: string, project: string, folder: string): Promise<Counts> {
  process.stdout.write(`\n== ${title}\n`);
  const file = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run('vitest', ['run', '--project', project, ...reporters]);
  return countReport(file, code);
}

const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-test-'));
try {
  const results = [
    await step('types', 'tsc', ['--noEmit']),
    await step('types of what runs in a browser', 'tsc', ['--noEmit', '-p', 'tsconfig.browser.json']),
    await step('lint', 'biome', ['check', '--error-on-warnings', '.']),
    await tests('unit and HTTP tests', 'unit', folder),
    await tests("contract with ToolHive's own packages", 'contract', folder),
    await tests('the npm package and the integrations', 'packages', folder),
    await tests('the site and the playground in a real browser', 'browser', folder),
    await tests('end-to-end tests on a real API server', 'e2e', folder),
  ];
  const counts = addCounts(results);
  process.exitCode = counts.failed === 0 ? 0 : 1;
  process.stdout.write(`\n${countsLine(addToFile(counts, process.env))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
