import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createConnection } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guardConnections } from '../../../src/server/connections.ts';
import { makeTlsServer } from '../../../src/server/tls/tls.ts';
import { authority, servingPair as serving, writePair } from '../../support/certificates.ts';
import { listening, metricValue, testApp, until } from './support.ts';
import { call, runWebhooks, temporaryFolder } from './tlsSupport.ts';

const ca = await authority();
const pair = await serving(ca, 'server');
const HEAD = 'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

async function guarded(limit: number, app: RequestListener = testApp().app) {
  const server = createServer({ cert: pair.cert, key: pair.key });
  guardConnections(server, app, limit);
  const port = await listening(server);
  return { port, open: promisify(server.getConnections.bind(server)) };
}

/** A connection of a caller that does not do what it should; resolves with its own end. */
async function idle(port: number, kind: 'tcp' | 'tls') {
  const socket =
    kind === 'tcp'
      ? createConnection({ port, host: '127.0.0.1' })
      : tlsConnect({ port, host: '127.0.0.1', ca: ca.cert });
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.resume();
  await new Promise((resolve) => socket.once(kind === 'tcp' ? 'connect' : 'secureConnect', resolve));
  return { socket, closed };
}

describe('connections', () => {
  it.each(['tcp', 'tls'] as const)('over %s without a request are closed after a while', async (kind) => {
    const { app, metrics, log } = testApp();
    const server = makeTlsServer({ app, clientCa: undefined, meter: metrics.meter, log, headTimeout: 50 });
    server.setSecureContext({ cert: pair.cert, key: pair.key });
    const { closed } = await idle(await listening(server), kind);
    await closed;
    const handshakes = kind === 'tcp' ? 1 : 0;
    await until(async () => (await metricValue(metrics, 'vmcp_admission_tls_errors_total')) === handshakes);
  });

  it('beyond the limit make the one that is idle longest go, so a new caller is still answered', async () => {
    const { port, open } = await guarded(3);
    const first = await idle(port, 'tls');
    const others = [await idle(port, 'tcp'), await idle(port, 'tls')];
    expect((await call(port, ca)).code).toBe(200);
    await first.closed;
    expect(await open()).toBeLessThanOrEqual(3);
    expect(others.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('that only connect do not crowd out one that has sent a request before', async () => {
    const { port, open } = await guarded(4);
    const known = await idle(port, 'tls');
    const answered = new Promise((resolve) => known.socket.once('data', resolve));
    known.socket.write(
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
    await answered;
    const silent = [];
    for (let count = 0; count < 12; count++) silent.push(await idle(port, 'tcp'));
    await Promise.all(silent.slice(0, 8).map(({ closed }) => closed));
    await until(async () => (await open()) <= 4);
    expect(known.socket.destroyed).toBe(false);
  });

  it('that send a body byte by byte do not crowd out one that has sent a request before', async () => {
    const { port, open } = await guarded(4);
    const known = await idle(port, 'tls');
    const answered = new Promise((resolve) => known.socket.once('data', resolve));
    known.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await answered;
    const slow = [];
    for (let count = 0; count < 12; count++) {
      const one = await idle(port, 'tls');
      // The server asks for the body, so it has seen the request.
      const asked = new Promise((resolve) => one.socket.once('data', resolve));
      one.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n{`);
      await asked;
      slow.push(one);
    }
    await Promise.all(slow.slice(0, 8).map(({ closed }) => closed));
    await until(async () => (await open()) <= 4);
    expect(known.socket.destroyed).toBe(false);
  });

  it('that reuse a connection for a slow body do not crowd out one that goes on sending requests', async () => {
    const { port } = await guarded(4);
    const send = async ({ socket }: Awaited<ReturnType<typeof idle>>, rest: string) => {
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write(`${HEAD}${rest}`);
      await answered;
    };
    const known = await idle(port, 'tls');
    const slow = [];
    for (let count = 0; count < 6; count++) {
      await send(known, 'Content-Length: 2\r\n\r\n{}');
      const one = await idle(port, 'tls');
      await send(one, 'Content-Length: 2\r\n\r\n{}');
      await send(one, 'Expect: 100-continue\r\nContent-Length: 9\r\n\r\n{');
      slow.push(one);
    }
    await Promise.all(slow.slice(0, 3).map(({ closed }) => closed));
    expect(known.socket.destroyed).toBe(false);
  });

  it('of callers that have sent requests leave room for others: the one with the oldest request goes', async () => {
    const { port, open } = await guarded(3);
    const known = [];
    for (let count = 0; count < 3; count++) {
      const one = await idle(port, 'tls');
      const answered = new Promise((resolve) => one.socket.once('data', resolve));
      one.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
      await answered;
      known.push(one);
    }
    expect((await call(port, ca)).code).toBe(200);
    await known[0]?.closed;
    expect(await open()).toBeLessThanOrEqual(3);
    expect(known.slice(1).every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('whose request is being answered are not closed for new ones, however many send requests', async () => {
    const { app } = testApp();
    const held: ServerResponse[] = [];
    const { port } = await guarded(2, (request, response) => {
      if (request.url !== '/held') return app(request, response);
      request.resume();
      held.push(response);
    });
    const waiting = await idle(port, 'tls');
    const answer = new Promise((resolve) => waiting.socket.once('data', resolve));
    const cut = waiting.closed.then(() => 'closed before the answer');
    waiting.socket.write('GET /held HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => held.length === 1);
    for (let count = 0; count < 4; count++) {
      const other = await idle(port, 'tls');
      const answered = new Promise((resolve) => other.socket.once('data', resolve));
      other.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
      await answered;
    }
    held[0]?.end();
    expect(String(await Promise.race([answer, cut]))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('that send garbage instead of TLS or HTTP are closed, and the next caller is answered', async () => {
    const folder = await temporaryFolder();
    await writePair(folder, pair);
    const { port, webhooks } = await runWebhooks(folder);
    const garbage = await idle(port, 'tcp');
    garbage.socket.write('GET / HTTP/1.1\r\n\r\n');
    await garbage.closed;
    const http = await idle(port, 'tls');
    let answer = '';
    http.socket.on('data', (chunk) => {
      answer += chunk;
    });
    http.socket.write('NOT HTTP AT ALL\r\n\r\n');
    await http.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    await until(async () => (await metricValue(webhooks.metrics, 'vmcp_admission_tls_errors_total')) === 1);
    expect((await call(port, ca)).code).toBe(200);
  });
});
