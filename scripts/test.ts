// `npm test`: types, lint, and all tests but the rehearsal of a release and those on a node, whichever of them fails. Types and
// lint use the cores while the tests wait for their API server to start; what they say is printed after the tests. The last line
// is `N passed, N failed`: the tests that vitest counted, and one for each step of types and lint.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, addToFile, type Counts, countReport, countsLine } from './test/testCounts.ts';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');

/** Runs a tool of node_modules/.bin; resolves to its exit code and to its output, when that is not shown as it comes. */
function run(
  tool: string,
  args: readonly string[],
  show: boolean,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const stream = show ? 'inherit' : 'pipe';
    const child = spawn(join(bin, tool), args, {
      cwd: root,
      stdio: ['ignore', stream, stream],
      shell: process.platform === 'win32',
    });
    let output = '';
    for (const one of [child.stdout, child.stderr])
      one?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.once('error', (error) => resolve({ code: 1, output: `${tool}: ${error.message}\n` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** A step that is not a test, with what it has to say. */
interface Step {
  readonly counts: Counts;
  readonly text: string;
}

async function step(title: string, tool: string, args: readonly string[]): Promise<Step> {
  const { code, output } = await run(tool, args, false);
  if (code === 0) return { counts: { passed: 1, failed: 0, skipped: 0 }, text: `${title}: ok\n` };
  return {
    counts: { passed: 0, failed: 1, skipped: 0 },
    text: `${output}${title}: failed (${tool} ended with ${code})\n`,
  };
}

/** The projects of vitest.config.ts in one run, so that one waits for its programs while another computes. */
const PROJECTS = ['unit', 'contract', 'packages', 'browser', 'e2e'];

async function tests(folder: string): Promise<Counts> {
  process.stdout.write(
    "\n== tests: unit and HTTP; contract with ToolHive's own packages; the npm package and the integrations; the site and the playground in a real browser; end to end on a real API server\n",
  );
  const file = join(folder, 'tests.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const projects = PROJECTS.flatMap((project) => ['--project', project]);
  const { code, output } = await run('vitest', ['run', ...projects, ...reporters], true);
  process.stderr.write(output);
  return countReport(file, code);
}

const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-test-'));
try {
  const [ran, ...steps] = await Promise.all([
    tests(folder),
    step('types', 'tsc', ['--noEmit']),
    step('types of what runs in a browser', 'tsc', ['--noEmit', '-p', 'tsconfig.browser.json']),
    step('lint', 'biome', ['check', '--error-on-warnings', '.']),
  ]);
  process.stdout.write(`\n${steps.map(({ text }) => text).join('')}`);
  const counts = addCounts([...steps.map((one) => one.counts), ran]);
  process.exitCode = counts.failed === 0 ? 0 : 1;
  process.stdout.write(`\n${countsLine(addToFile(counts, process.env))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
