import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiClient, makeApiClient } from '../../../../src/catalog/kubernetes/apiClient.ts';
import { type Connection, ConnectionError } from '../../../../src/catalog/kubernetes/connection.ts';
import { failureText } from '../../../../src/catalog/kubernetes/failure.ts';
import { FakeApiServer, status } from './fakeApiServer.ts';

let server: FakeApiServer;
let client: ApiClient | undefined;
const limits = { signal: new AbortController().signal, deadlineMs: 5_000, maxBytes: 1_000 };

beforeEach(async () => {
  server = await FakeApiServer.start();
  server.others.set('/thing', { a: 1 });
});
afterEach(async () => {
  client?.close();
  await server.stop();
});

function clientOf(
  connect: (fresh: boolean) => Promise<Connection> = async () => server.connection,
  refreshMs = 60_000,
) {
  client = makeApiClient({ connect, userAgent: 'test/1', refreshMs });
  return client;
}

describe('the API client', () => {
  it('reads JSON below the path of the server over kept connections', async () => {
    const api = clientOf();
    for (let i = 0; i < 9; i++)
      expect(await api.get('/thing', limits)).toEqual({ ok: true, value: { a: 1 } });
    // The pool rests a connection for one turn of the event loop after each answer, and takes another one meanwhile.
    expect(server.connections).toBeLessThanOrEqual(2);
    expect(server.requests[0]?.headers).toMatchObject({ 'user-agent': 'test/1', accept: 'application/json' });
  });

  it('sends a GET again when a kept connection was closed under it', async () => {
    const api = clientOf();
    await api.get('/thing', limits);
    server.once('get', (_, response) => response.socket?.resetAndDestroy());
    expect(await api.get('/thing', limits)).toEqual({ ok: true, value: { a: 1 } });
    expect(server.connections).toBe(2);
  });

  it('reads rotated credentials after a 401, and keeps the last good ones when they cannot be read', async () => {
    const asked: boolean[] = [];
    let token = 'old';
    const api = clientOf(async (fresh) => {
      asked.push(fresh);
      if (token === 'unreadable') throw new ConnectionError('gone');
      return { ...server.connection, headers: { Authorization: `Bearer ${token}` } };
    });
    await api.get('/thing', limits);
    token = 'new';
    server.once('get', status(401));
    await api.get('/thing', limits);
    await api.get('/thing', limits);
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer new');
    token = 'unreadable';
    server.once('get', status(401));
    await api.get('/thing', limits);
    expect(await api.get('/thing', limits)).toMatchObject({ ok: true });
    expect(asked).toEqual([false, true, true]);
  });

  it('says why credentials cannot be used', async () => {
    const api = clientOf(async () => {
      throw new ConnectionError('the kubeconfig has no current cluster');
    });
    const result = await api.get('/thing', limits);
    expect(result.ok ? '' : failureText(result.failure)).toContain('no current cluster');
  });

  it.each([
    [
      'a refusal',
      status(403, 'configmaps "x" is\n forbidden'),
      'the API server answered 403: configmaps "x" is forbidden',
    ],
    [
      'a page of HTML',
      (_: unknown, response: { statusCode: number; end(text: string): void }) => {
        response.statusCode = 502;
        response.end('<html>secret</html>');
      },
      'the API server answered 502',
    ],
    [
      'an answer that is no JSON',
      (_: unknown, response: { end(text: string): void }) => response.end('{'),
      'cannot be read: it is no JSON',
    ],
    [
      'an answer that is too large',
      (_: unknown, response: { end(text: string): void }) => response.end(JSON.stringify('x'.repeat(2_000))),
      'larger than 1000 bytes',
    ],
    ['a redirect', status(307), 'the API server answered 307'],
  ] as const)('turns %s into one line', async (_, handler, text) => {
    server.once('get', handler as never);
    const result = await clientOf().get('/thing', limits);
    const line = result.ok ? '' : failureText(result.failure);
    expect(line).toContain(text);
    expect(line).not.toMatch(/secret|\n/);
  });

  it('ends by its deadline, by its signal, and when the answer breaks off', async () => {
    const api = clientOf();
    server.once('get', () => {});
    expect(await api.get('/thing', { ...limits, deadlineMs: 20 })).toEqual({
      ok: false,
      failure: { kind: 'timeout', afterMs: 20 },
    });
    server.once('get', (_, response) => response.write('{"a":'));
    expect(await api.get('/thing', { ...limits, deadlineMs: 20 })).toMatchObject({
      failure: { kind: 'timeout' },
    });
    const controller = new AbortController();
    server.once('get', () => controller.abort());
    expect(await api.get('/thing', { ...limits, signal: controller.signal })).toEqual({
      ok: false,
      failure: { kind: 'aborted' },
    });
    expect(await api.get('/thing', { ...limits, signal: AbortSignal.abort() })).toEqual({
      ok: false,
      failure: { kind: 'aborted' },
    });
    server.once('get', (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":', () => response.socket?.resetAndDestroy());
    });
    expect(await api.get('/thing', limits)).toMatchObject({
      failure: { kind: 'network', code: 'ECONNRESET' },
    });
    expect(await api.get('/thing', limits)).toMatchObject({ ok: true });
  });

  it('names the error when nobody listens', async () => {
    const { connection } = server;
    await server.stop();
    const result = await clientOf(async () => connection).get('/thing', limits);
    expect(result).toEqual({ ok: false, failure: { kind: 'network', code: 'ECONNREFUSED' } });
    server = await FakeApiServer.start();
  });

  it('leaves a stream open beyond the deadline, until its signal', async () => {
    const controller = new AbortController();
    const opened = await clientOf().stream(
      '/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries?watch=true',
      {
        signal: controller.signal,
        deadlineMs: 30,
      },
    );
    if (!opened.ok) throw new Error('not opened');
    const chunks = opened.value[Symbol.asyncIterator]();
    const openedAt = performance.now();
    await vi.waitFor(() => expect(performance.now() - openedAt).toBeGreaterThan(30), { interval: 5 });
    server.send('x');
    expect(String((await chunks.next()).value)).toBe('x');
    controller.abort();
    await expect(chunks.next()).rejects.toThrow();
    await vi.waitFor(() => expect(server.openWatches).toBe(0));
  });
});
