// `npm test`: types, lint, unit tests, contract tests, end-to-end tests. Every step runs also when one before it failed. Its last line
// is `N passed, N failed`: the tests that vitest counted, and one for the types and one for the lint step.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What vitest's JSON reporter writes, as far as it is used here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

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

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}

function count(report: VitestReport | undefined, code: number): Counts {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  // A file that cannot even be loaded has no tests that could fail; it counts as one.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    // vitest also fails for errors outside of tests.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

async function tests(title: string, project: string, folder: string): Promise<Counts> {
  process.stdout.write(`\n== ${title}\n`);
  const file = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run('vitest', ['run', '--project', project, ...reporters]);
  return count(readReport(file), code);
}

const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-test-'));
try {
  const results = [
    await step('types', 'tsc', ['--noEmit']),
    await step('lint', 'biome', ['check', '--error-on-warnings', '.']),
    await tests('unit and HTTP tests', 'unit', folder),
    await tests("contract with ToolHive's own packages", 'contract', folder),
    await tests('end-to-end tests on a real API server', 'e2e', folder),
  ];
  const sum = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0);
  const skipped = sum('skipped');
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  process.stdout.write(
    `\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
