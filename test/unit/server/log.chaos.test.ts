import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const LOG = join(import.meta.dirname, '../../../src/server/log.ts');

/** Writes far more than a pipe holds, says on stderr that it went on, flushes and ends. */
const WRITER = `
import { stdoutLog } from ${JSON.stringify(LOG)};
void process.stdout;
const sink = stdoutLog('info');
let turns = 0;
const timer = setInterval(() => {
  for (let line = 0; line < 2000; line++) sink.log.info({ filler: 'x'.repeat(400) }, 'line');
  if (++turns < 20) return;
  clearInterval(timer);
  process.stderr.write(String(process.memoryUsage.rss()));
  sink.flush().then(() => process.exit(0));
}, 1);
`;

it.skipIf(process.platform === 'win32')(
  'a reader that does not read holds up neither reviews nor the end of the process, and costs bounded memory',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pipe = join(folder, 'stdout');
    execFileSync('mkfifo', [pipe]);
    // The shell keeps the other end of the pipe open and never reads it; then it becomes the writer.
    const node = [process.execPath, '--input-type=module-typescript', '-e', WRITER];
    const child = spawn('sh', ['-c', 'exec 9<>"$0" && exec "$@" >"$0"', pipe, ...node], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^\d+$/) });
    // 16 MB were written; 4 MiB may wait, and each line is garbage before it is dropped.
    expect(Number(stderr)).toBeLessThan(300 * 1_048_576);
  },
);

it('a reader that has gone does not keep the process from ending as it should', async () => {
  const writer = `
import { stdoutLog } from ${JSON.stringify(LOG)};
const sink = stdoutLog('info');
process.stdin.once('end', () => {
  sink.log.info('a line for a closed pipe');
  sink.flush().then(() => process.exit(3));
}).resume();
`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', writer], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.destroy();
  child.stdin.end();
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(3);
});
