// `npm start`: the webhook on this machine, without a cluster. The catalog is examples/, the certificate a
// development one that is made on the first start.
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { ensureDevCertificate } from '../certs/devCertificate.ts';
import { startServing } from '../src/cli/serve/startServing.ts';
import { lineLog } from '../src/server/log.ts';
import { bindSignals } from '../src/server/signals.ts';
import { readSettings } from '../src/settings.ts';
import { readableLine } from './start/readableLog.ts';
import { answerText, sendReview } from './start/sendReview.ts';

const HOST = '127.0.0.1';
const root = join(import.meta.dirname, '..');
const certs = join(root, 'certs/dev');
const review = join(root, 'examples/reviews/bad-entry.json');

/** True when nothing else listens on the port. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

async function choosePort(wanted: number, what: string): Promise<string> {
  if (await isFree(wanted)) return String(wanted);
  console.log(`Port ${wanted} is taken by another process, so ${what} gets a free one.`);
  return '0';
}

async function start(): Promise<void> {
  if ((await ensureDevCertificate(certs)) === 'made')
    console.log(`Made a development certificate in ${relative(root, certs)}.`);
  const read = readSettings(
    {
      catalog: 'manifests',
      manifests: join(root, 'examples'),
      certDir: certs,
      host: HOST,
      port: await choosePort(8443, 'the webhook'),
      healthPort: await choosePort(8081, 'the health port'),
      shutdownDelay: '0s',
    },
    {},
  );
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const sink = lineLog(read.settings.logLevel, (line) => {
    const text = readableLine(line);
    if (text !== undefined) console.log(text);
  });
  const running = await startServing(read.settings, sink);
  bindSignals({ process, sink, level: read.settings.logLevel, stop: running.stop });

  const { port } = running.reviews;
  const caFile = join(certs, 'ca.crt');
  const shown = (file: string) => relative(process.cwd(), file) || file;
  console.log(
    `vmcp-admission reviews objects at https://localhost:${port}/validate and /mutate, against examples/.`,
  );
  console.log(`Health and metrics: http://localhost:${running.health.port}/readyz, /livez, /metrics\n`);
  const example = answerText(await sendReview(review, port, caFile, '/validate'));
  console.log('\nA review of an MCPServerEntry with three mistakes is answered like this:\n');
  console.log(example.replace(/^/gm, '    '));
  console.log('\nSend it yourself from another terminal:\n');
  console.log(
    `    curl --cacert ${shown(caFile)} -H 'Content-Type: application/json' --data @${shown(review)} https://localhost:${port}/validate\n`,
  );
  console.log(`or, without curl: npm run --silent review${port === 8443 ? '' : ` -- --port ${port}`}`);
  console.log('Ctrl-C stops it.\n');
}

try {
  await start();
} catch (error) {
  console.error(
    `vmcp-admission could not start: ${error instanceof Error ? error.message : 'unexpected error'}`,
  );
  process.exit(1);
}
