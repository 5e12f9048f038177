// `npm run test:node`: the tests on a real Kubernetes node, and `N passed, N failed` as the last line. A machine that cannot run
// a node is no failure: one line says why, and nothing is counted.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addToFile, countReport, countsLine } from './test/testCounts.ts';

const run = join(import.meta.dirname, '..', 'test', 'node', 'run.ts');
const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-test-'));
try {
  const report = join(folder, 'node.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync(process.execPath, [run, ...reporters, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  const code = status ?? 1;
  const skipped = code === 0 && !existsSync(report);
  const counts = skipped ? { passed: 0, failed: 0, skipped: 0 } : countReport(report, code);
  process.exitCode = counts.failed === 0 ? 0 : 1;
  process.stdout.write(`\n${countsLine(addToFile(counts, process.env))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
