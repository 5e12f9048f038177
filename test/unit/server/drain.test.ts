import { once } from 'node:events';
import { Agent } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allowed } from '../../../src/admission/outcome.ts';
import { authority, servingPair as serving, writePair } from '../../support/certificates.ts';
import { until } from './support.ts';
import { call, runWebhooks, startWebhooks, temporaryFolder } from './tlsSupport.ts';

const ca = await authority();
const pair = await serving(ca, 'server');

async function folderWithPair(): Promise<string> {
  const folder = await temporaryFolder();
  await writePair(folder, pair);
  return folder;
}

/** A drain that ends when the test says so. */
function heldDrain() {
  let end = () => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { wait: () => held, end: () => end() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

describe('stopping', () => {
  it('first is not ready and closes connections after their answers, still taking new ones', async () => {
    const drain = heldDrain();
    const { webhooks, port, health } = await runWebhooks(await folderWithPair(), { wait: drain.wait });
    const agent = keepAlive();
    expect((await call(port, ca, { agent })).connection).toBe('keep-alive');
    const stopped = webhooks.stop();
    const notReady = await health('/readyz');
    expect(notReady.status).toBe(503);
    expect(await notReady.text()).toContain('[-]shutdown failed: the process is stopping');
    expect((await health('/livez')).status).toBe(200);
    expect(await call(port, ca, { agent })).toMatchObject({ code: 200, connection: 'close' });
    expect(await call(port, ca)).toMatchObject({ code: 200, connection: 'close' });
    drain.end();
    await stopped;
    await expect(call(port, ca)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('answers a review that is in flight, then ends', async () => {
    let finish = () => {};
    let asked = false;
    const { webhooks, port, health } = await runWebhooks(await folderWithPair(), {
      closeDeadline: 60_000,
      validate: () => {
        asked = true;
        return new Promise((resolve) => {
          finish = () => resolve(allowed());
        });
      },
    });
    const answer = call(port, ca);
    await until(() => asked);
    const stopped = webhooks.stop();
    await until(() =>
      call(port, ca, { path: '/nowhere' }).then(
        () => false,
        () => true,
      ),
    );
    expect(await (await health('/readyz')).text()).toContain('[-]review-port failed: not listening');
    finish();
    expect(await answer).toMatchObject({ code: 200 });
    await stopped;
  });

  it('during the start leaves no port open', async () => {
    const [reviews, health] = [await freePort(), await freePort()];
    const host = '127.0.0.1';
    const { webhooks, started } = startWebhooks(await folderWithPair(), {
      reviews: { host, port: reviews },
      health: { host, port: health },
    });
    const ended = expect(started).rejects.toThrow('stopped during the start');
    await webhooks.stop();
    await ended;
    for (const port of [reviews, health])
      await expect(fetch(`http://${host}:${port}/livez`)).rejects.toMatchObject({
        cause: { code: 'ECONNREFUSED' },
      });
  });

  it('does not wait for idle connections', async () => {
    const { webhooks, port } = await runWebhooks(await folderWithPair(), { closeDeadline: 60_000 });
    await call(port, ca, { agent: keepAlive() });
    await webhooks.stop();
  });

  it('cuts what is still open at the deadline', async () => {
    let aborted = false;
    let asked = false;
    const { webhooks, port } = await runWebhooks(await folderWithPair(), {
      closeDeadline: 50,
      validate: (_, { signal }) => {
        asked = true;
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
    });
    const answer = call(port, ca).then(
      () => 'answered',
      () => 'cut',
    );
    await until(() => asked);
    await webhooks.stop();
    expect(await answer).toBe('cut');
    await until(() => aborted);
  });

  it('of one of two servers under load loses no call', async () => {
    const drain = heldDrain();
    const servers = [
      await runWebhooks(await folderWithPair(), { wait: drain.wait, closeDeadline: 60_000 }),
      await runWebhooks(await folderWithPair()),
    ] as const;
    // As behind a Service: what has a connection keeps it, and a new one goes to the server that is ready.
    let calling = true;
    let moved = false;
    const codes: (number | string)[] = [];
    const callers = servers.map(async ({ port }) => {
      const agent = keepAlive();
      let target = port;
      while (calling) {
        const called = await call(target, ca, { agent }).catch(
          (error: NodeJS.ErrnoException) => error.code ?? 'error',
        );
        codes.push(typeof called === 'string' ? called : called.code);
        if (typeof called !== 'string' && called.connection === 'close') {
          target = servers[1].port;
          moved = true;
        }
      }
    });
    await until(() => codes.length > 20);
    const stopped = servers[0].webhooks.stop();
    await until(async () => (await servers[0].health('/readyz')).status === 503);
    await until(() => moved);
    drain.end();
    await stopped;
    const before = codes.length;
    await until(() => codes.length > before + 20);
    calling = false;
    await Promise.all(callers);
    expect(new Set(codes)).toEqual(new Set([200]));
  });
});
