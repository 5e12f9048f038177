import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allowed } from '../../../src/admission/outcome.ts';
import { Capacity } from '../../../src/server/capacity.ts';
import { LIMITS } from '../../../src/server/limits.ts';
import { httpApp, listening, metricValue, reviewOf, testApp, until } from './support.ts';

const MIB = 1_048_576;

async function connect(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, received: () => text };
}

function head(path: string, headers: Record<string, string | number>): string {
  const lines = Object.entries({ Host: 'x', 'Content-Type': 'application/json', ...headers });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

describe('a body', () => {
  it('that is announced as too large is refused before any of it is read', async () => {
    const { port, server } = await httpApp();
    let bytesRead = () => 0;
    server.on('connection', (socket) => {
      bytesRead = () => socket.bytesRead;
    });
    const { socket, received } = await connect(port);
    socket.write(head('/validate', { 'Content-Length': 100 * MIB }));
    await until(() => received().includes('RequestEntityTooLarge'));
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(bytesRead()).toBeLessThan(1_000);
  });

  it('that grows too large without announcement is refused without reading it all', async () => {
    const { port, server } = await httpApp();
    let bytesRead = () => 0;
    server.on('connection', (socket) => {
      bytesRead = () => socket.bytesRead;
    });
    const total = 64 * MIB;
    const answer = new Promise<number | undefined>((resolve, reject) => {
      const call = httpRequest({
        port,
        host: '127.0.0.1',
        path: '/validate',
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
      });
      let sent = 0;
      const chunk = Buffer.alloc(MIB, ' ');
      let answered = false;
      const send = () => {
        while (!answered && sent < total) {
          sent += chunk.length;
          if (!call.write(chunk)) {
            call.once('drain', send);
            return;
          }
        }
        if (!answered) call.end();
      };
      call.on('response', (response) => {
        answered = true;
        response.resume();
        resolve(response.statusCode);
        call.destroy();
      });
      call.on('error', (error) => (answered ? undefined : reject(error)));
      send();
    });
    expect(await answer).toBe(413);
    expect(bytesRead()).toBeGreaterThan(LIMITS.body);
    expect(bytesRead()).toBeLessThan(LIMITS.body + 4 * MIB);
  });

  it('is only asked for when its headers are good, if the caller waits to be asked', async () => {
    const { port } = await httpApp();
    const bad = await connect(port);
    bad.socket.write(head('/validate', { 'Content-Length': 100 * MIB, Expect: '100-continue' }));
    await until(() => bad.received().includes('RequestEntityTooLarge'));
    expect(bad.received()).not.toContain('100 Continue');
    const good = await connect(port);
    const body = JSON.stringify(reviewOf());
    good.socket.write(head('/validate', { 'Content-Length': body.length, Expect: '100-continue' }));
    await until(() => good.received().includes('100 Continue'));
    good.socket.write(body);
    await until(() => good.received().includes('"allowed":true'));
  });

  it('that does not arrive within the deadline is answered 408, and the connection closed', async () => {
    const { port, capacity } = await httpApp();
    const { socket, received } = await connect(port);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`${head('/validate?timeout=100ms', { 'Content-Length': 1_000 })}{"kind":`);
    await until(() => received().includes('"code":408'));
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    await closed;
    expect(capacity.bodyBytes).toBe(0);
  });

  it('whose sender goes away in the middle of it leaves nothing behind', async () => {
    const { port, capacity, lines } = await httpApp();
    const { socket } = await connect(port);
    socket.write(`${head('/validate', { 'Content-Length': 5 * MIB })}${' '.repeat(MIB)}`);
    await until(() => capacity.bodyBytes > 0);
    socket.destroy();
    await until(() => capacity.bodyBytes === 0);
    await until(() =>
      lines.some((line) => line.msg === 'the caller closed the connection before the answer'),
    );
  });

  it('that is large is refused while others hold the memory for large ones; a small one passes', async () => {
    const { port, url, capacity } = await httpApp({ limits: { allBodies: MIB } });
    const holder = await connect(port);
    holder.socket.write(`${head('/validate', { 'Content-Length': 2 * MIB })}${' '.repeat(MIB - 1_000)}`);
    await until(() => capacity.bodyBytes > MIB / 2);
    const large = await connect(port);
    large.socket.write(`${head('/validate', { 'Content-Length': 2 * MIB })}${' '.repeat(MIB)}`);
    await until(() => large.received().includes('"code":429'));
    const small = await fetch(`${url}/validate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(reviewOf()),
    });
    expect(small.status).toBe(200);
    holder.socket.destroy();
    await until(() => capacity.bodyBytes === 0);
  });

  it('of a hundred thousand levels of nesting is answered, and so is the next one', async () => {
    const { url } = await httpApp();
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const send = (body: string) =>
      fetch(`${url}/validate`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    expect((await send(deep)).status).toBe(400);
    const inside = JSON.stringify(reviewOf({ object: 'HERE' })).replace('"HERE"', deep);
    expect((await send(inside)).status).toBe(200);
    expect((await send(JSON.stringify(reviewOf()))).status).toBe(200);
  });

  it.each([
    ['objects', '{},'],
    ['lists', '[],'],
    ['numbers', '1,'],
    ['names', '"a":1,'],
  ])('of nothing but %s is refused before it becomes many times its size', async (_, value) => {
    const { url, capacity } = await httpApp();
    const body = `[${value.repeat(LIMITS.values)}1]`;
    const answer = await fetch(`${url}/validate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(413);
    expect(((await answer.json()) as { message: string }).message).toBe(
      'the body has more than 500000 values, the limit',
    );
    await until(() => capacity.bodyBytes === 0);
  });

  it('counts in memory as what it becomes, so that many small ones with many values are not parsed at once', async () => {
    const values = 20_000;
    const { url, capacity } = await httpApp({ limits: { allBodies: values * LIMITS.bytesPerValue } });
    const send = (count: number) =>
      fetch(`${url}/validate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(reviewOf({ object: Array(count).fill(1) })),
      });
    expect((await send(values)).status).toBe(429);
    expect((await send(values / 2)).status).toBe(200);
    await until(() => capacity.bodyBytes === 0);
  });

  it.each([
    ['answered', 2 * MIB, LIMITS.allBodies, 200],
    ['not valid JSON', 2 * MIB, LIMITS.allBodies, 400],
    ['refused in the middle', 2 * MIB, MIB, 429],
    ['refused for what its values take', 800_000, MIB, 429],
  ])(
    'that is large and %s does not wait for a garbage collection to be freed',
    async (what, bytes, allBodies, status) => {
      const { url, server, capacity } = await httpApp({ limits: { allBodies } });
      const chunks: Buffer[] = [];
      server.prependListener('request', (request: IncomingMessage) => {
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
      });
      const object =
        what === 'refused for what its values take' ? Array(bytes / 2).fill(1) : 'x'.repeat(bytes);
      const body = JSON.stringify(reviewOf({ object }));
      const answer = await fetch(`${url}/validate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: what === 'not valid JSON' ? body.slice(1) : body,
      });
      expect(answer.status).toBe(status);
      await until(() => capacity.bodyBytes === 0);
      expect(chunks.length).toBeGreaterThan(10);
      // After the chunk that is refused, a few are on their way that nothing keeps.
      const kept = chunks.filter(({ buffer }) => !(buffer as ArrayBuffer).detached);
      expect(kept.length).toBeLessThan(status === 429 ? 5 : 1);
    },
  );

  it('that is small and refused leaves the connection usable', async () => {
    const { port } = await httpApp();
    const { socket, received } = await connect(port);
    const body = JSON.stringify(reviewOf());
    socket.write(head('/validate', { 'Content-Type': 'text/plain', 'Content-Length': body.length }) + body);
    await until(() => received().includes('UnsupportedMediaType'));
    socket.write(head('/validate', { 'Content-Length': body.length }) + body);
    await until(() => received().includes('"allowed":true'));
  });

  it('that follows another on the same connection before its answer is answered in turn', async () => {
    const { port } = await httpApp();
    const { socket, received } = await connect(port);
    const one = (uid: string) => {
      const body = JSON.stringify(reviewOf({ uid }));
      return head('/validate', { 'Content-Length': body.length }) + body;
    };
    socket.write(one('first') + one('second') + one('third'));
    await until(() => received().includes('third'));
    expect([...received().matchAll(/"uid":"(\w+)"/g)].map((match) => match[1])).toEqual([
      'first',
      'second',
      'third',
    ]);
  });

  it('is not judged when its connection was closed while it waited for its turn', async () => {
    const judged: string[] = [];
    const { port, server, lines } = await httpApp({
      validate: async ({ uid }) => {
        judged.push(uid);
        return allowed();
      },
    });
    server.prependListener('request', (request: IncomingMessage) => {
      request.once('end', () => {
        if (request.url === '/validate?last') request.socket.destroy();
      });
    });
    const { socket } = await connect(port);
    const body = JSON.stringify(reviewOf());
    const one = (path: string) => head(path, { 'Content-Length': body.length }) + body;
    socket.write(one('/validate') + one('/validate') + one('/validate?last'));
    await until(() => lines.length === 3);
    expect(judged).toEqual([]);
    expect(new Set(lines.map(({ msg }) => msg))).toEqual(
      new Set(['the caller closed the connection before the answer']),
    );
  });

  it('is counted once, as that of a caller that is gone, when its connection is closed during the review', async () => {
    const held = Promise.withResolvers<void>();
    const { port, metrics, capacity, lines } = await httpApp({
      validate: () => held.promise.then(() => allowed()),
    });
    const { socket } = await connect(port);
    const body = JSON.stringify(reviewOf());
    socket.write((head('/validate', { 'Content-Length': body.length }) + body).repeat(3));
    await until(() => capacity.reviews === 3);
    socket.destroy();
    await until(() => lines.length > 0);
    held.resolve();
    await until(() => capacity.reviews === 0);
    const counted = (series: string) => metricValue(metrics, `vmcp_admission_${series}`);
    expect(await counted('refused_requests_total{webhook="validate",code="499"}')).toBe(3);
    expect(await counted('reviews_total{webhook="validate",operation="CREATE",outcome="allowed"}')).toBe(0);
    expect(new Set(lines.map(({ msg }) => msg))).toEqual(
      new Set(['the caller closed the connection before the answer']),
    );
  });

  it('is read on a server that never heard of `Expect` too', async () => {
    const { app } = testApp();
    const port = await listening(createServer(app));
    const answer = await fetch(`http://127.0.0.1:${port}/validate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(reviewOf()),
    });
    expect(answer.status).toBe(200);
  });
});

describe('the memory for bodies', () => {
  it('has room for the largest body with the most values that are taken, when it is alone', () => {
    const share = new Capacity().body();
    expect(share.grow(LIMITS.body)).toBe(true);
    expect(share.grow(LIMITS.values * LIMITS.bytesPerValue)).toBe(true);
  });

  it('counts what each body holds beyond its free part, and gets all of it back once', () => {
    const capacity = new Capacity({ allBodies: 100, freeBody: 10 });
    const one = capacity.body();
    const two = capacity.body();
    expect(one.grow(10)).toBe(true);
    expect(capacity.bodyBytes).toBe(0);
    expect(one.grow(60)).toBe(true);
    expect(two.grow(60)).toBe(false);
    expect(two.grow(50)).toBe(true);
    expect(capacity.bodyBytes).toBe(100);
    one.release();
    one.release();
    expect(capacity.bodyBytes).toBe(40);
    two.release();
    expect(capacity.bodyBytes).toBe(0);
  });

  it('joins the chunks of a body, frees them, and frees the whole when it was parsed', () => {
    const capacity = new Capacity({ freeBody: 10 });
    const share = capacity.body();
    const chunks = ['x', 'y'].map((text) => Buffer.alloc(100_000, text));
    const expected = Buffer.concat(chunks);
    for (const chunk of chunks) expect(share.add(chunk)).toBe(true);
    const whole = share.join();
    expect(whole.equals(expected)).toBe(true);
    expect(chunks.map(({ length }) => length)).toEqual([0, 0]);
    const taken = capacity.bodyBytes;
    share.discard();
    expect(whole).toHaveLength(0);
    expect(capacity.bodyBytes).toBe(taken);
    share.release();
    expect(capacity.bodyBytes).toBe(0);
  });

  it('frees no memory that a chunk shares with others', () => {
    const both = Buffer.alloc(200, 'x');
    const share = new Capacity({ freeBody: 10 }).body();
    share.add(both.subarray(0, 100));
    share.release();
    expect(both.toString()).toBe('x'.repeat(200));
  });

  it('takes a body of one chunk as it is, and leaves a small one to the garbage collection', () => {
    const share = new Capacity({ freeBody: 10 }).body();
    const chunk = Buffer.from('small');
    share.add(chunk);
    expect(share.join()).toBe(chunk);
    share.release();
    expect(chunk.toString()).toBe('small');
  });
});
