import { writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startServing } from '../../../../src/cli/serve/startServing.ts';
import { lineLog } from '../../../../src/server/log.ts';
import { readSettings } from '../../../../src/settings.ts';
import { authority, servingPair, writePair } from '../../../support/certificates.ts';
import { startStoredCluster } from '../../../support/storedCluster.ts';
import { freePort } from '../../../support/wait.ts';
import { listening } from '../../server/support.ts';
import { temporaryFolder } from '../../server/tlsSupport.ts';

/** A webhook that follows a cluster, with every part that it can have, and the messages that it logs. */
async function start(flags: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder();
  await writePair(folder, await servingPair(await authority(), 'server'));
  const policy = join(folder, 'policy.conf');
  await writeFile(policy, 'rules: {}\n');
  const { kubeconfig, stop } = await startStoredCluster({ folder, objects: [] });
  onTestFinished(stop);
  const read = readSettings(
    {
      ...{ certDir: folder, kubeconfig, policy, storedFindings: 'serve', watchPods: 'true' },
      ...{ clientTokenAudience: 'vmcp-admission', clientTokenSubjects: 'system:serviceaccount:a:b' },
      ...{ host: '127.0.0.1', port: '0', healthPort: '0', shutdownDelay: '0s', ...flags },
    },
    {},
  );
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const messages: string[] = [];
  const sink = lineLog('info', (line) => messages.push((JSON.parse(line) as { msg: string }).msg));
  return { started: startServing(read.settings, sink), messages };
}

/** Resolves to true when something listens on the port. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

it('opens its ports, and closes them when it stops', async () => {
  const { started, messages } = await start();
  const { health, reviews, stop } = await started;
  const ready = await (await fetch(`http://127.0.0.1:${health.port}/readyz`)).text();
  expect(ready).toMatch(/catalog failed[\s\S]*policy ok[\s\S]*caller-tokens failed/);
  await Promise.all([stop(), stop()]);
  expect([await answers(health.port), await answers(reviews.port)]).toEqual([false, false]);
  expect(messages.filter((message) => message.startsWith('stopping'))).toHaveLength(2);
});

it('leaves nothing open when it cannot listen on one of its ports', async () => {
  const [port, healthPort] = [await listening(createServer()), await freePort()];
  const { started } = await start({ port: String(port), healthPort: String(healthPort) });
  await expect(started).rejects.toThrow(`port ${port} of 127.0.0.1 is already in use`);
  expect([await answers(healthPort), await answers(port)]).toEqual([false, true]);
});
