import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CertFolder, newGeneration } from '../support/certificates.ts';
import { loadText } from '../support/load.ts';
import { freePort } from '../support/wait.ts';
import { serveArguments, webhookAt, withoutCluster } from '../support/webhook.ts';
import { Caller } from './caller.ts';
import type { Scenario } from './scenario.ts';
import { ENVIRONMENT, memoryRow, peakRss } from './serving.ts';

/** The limit on how long a stop may take: the drain that was asked for (0 s), and room for a slow machine. */
const STOP_MS = 5_000;

export const logReader: Scenario = {
  name: 'log-reader',
  title: 'A log reader that does not read',
  async run({ scope, bundle, short }) {
    const calls = short ? 2_000 : 20_000;
    const folder = new CertFolder(join(scope.dir, 'log-tls'));
    const generation = await newGeneration('log');
    await folder.serve(generation.leaf);
    const pipe = join(scope.dir, 'stdout.fifo');
    execFileSync('mkfifo', [pipe]);
    const [port, healthPort] = [await freePort(), await freePort()];
    const more = withoutCluster(folder.path);
    const quick = [...more, '--log-level', 'debug', '--shutdown-delay', '0s'];
    // The ports are chosen here, since the line that says them is never read.
    const args = serveArguments(bundle, quick, port, healthPort);
    // The shell holds the pipe's other end open and never reads it; then it becomes the webhook.
    const process = scope.start(
      'log-reader',
      'sh',
      ['-c', 'exec 9<>"$0" && exec "$@" >"$0"', pipe, globalThis.process.execPath, ...args],
      ENVIRONMENT,
    );
    await webhookAt(process, port, healthPort).untilReady();
    const caller = new Caller(generation.authority.cert, () => [port]);
    const peak = peakRss(process.pid);
    const result = await caller.load({ rate: 1_500, goOn: (sent) => sent < calls });
    const rss = peak();
    caller.close();
    const from = performance.now();
    const code = await process.stop('SIGTERM');
    const stopMs = performance.now() - from;
    return [
      {
        what: 'a debug line for every review, and nobody reads stdout',
        figure: loadText(result),
        limit: '0 failed',
        ok: result.failed === 0,
      },
      memoryRow('memory meanwhile', rss),
      {
        what: 'SIGTERM while stdout is still blocked',
        figure: `exit code ${code} after ${(stopMs / 1_000).toFixed(1)} s`,
        limit: `0 within ${STOP_MS / 1_000} s`,
        ok: code === 0 && stopMs < STOP_MS,
      },
    ];
  },
};
