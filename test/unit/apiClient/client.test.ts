import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiClient, type Connection, makeApiClient } from '../../../src/apiClient/client.ts';
import { ApiError, ConnectionError } from '../../../src/apiClient/errors.ts';
import { FakeApiServer, type Handler, status } from '../../support/fakeApiServer.ts';
import { until } from '../catalog/kubernetes/reflecting.ts';

let server: FakeApiServer;
let client: ApiClient | undefined;
const limits = { deadlineMs: 5_000, maxBytes: 1_000 };
const WATCH = '/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries?watch=true';

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

/** The body as text, or why there is none. */
const read = (api: ApiClient, path = '/thing', more: Partial<typeof limits> = {}) =>
  api.get(path, { ...limits, ...more }).then(String, (error: ApiError) => error);

describe('the API client', () => {
  it('reads JSON below the path of the server over kept connections', async () => {
    const api = clientOf();
    for (let i = 0; i < 9; i++) expect(await read(api)).toBe('{"a":1}');
    // The pool rests a connection for one turn of the event loop after each answer, and takes another one meanwhile.
    expect(server.connections).toBeLessThanOrEqual(2);
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'test/1',
      accept: 'application/json, */*',
    });
  });

  it('asks for metadata alone', async () => {
    const api = clientOf();
    await api.get('/thing', { ...limits, metadataOnly: true });
    expect(server.requests[0]?.headers.accept).toBe(
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    );
  });

  it('sends a GET again when a kept connection was closed under it', async () => {
    const api = clientOf();
    await read(api);
    server.once('get', (_, response) => response.socket?.resetAndDestroy());
    expect(await read(api)).toBe('{"a":1}');
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
    await read(api);
    token = 'new';
    server.once('get', status(401));
    await read(api);
    await read(api);
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer new');
    token = 'unreadable';
    server.once('get', status(401));
    await read(api);
    expect(await read(api)).toBe('{"a":1}');
    expect(asked).toEqual([false, true, true]);
  });

  it('says why credentials cannot be used', async () => {
    const api = clientOf(async () => {
      throw new ConnectionError('the kubeconfig has no current cluster');
    });
    expect(await read(api)).toMatchObject({
      reason: 'credentials',
      message: expect.stringContaining('no current cluster'),
    });
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
      'an answer that is too large',
      (_: unknown, response: { end(text: string): void }) => response.end(JSON.stringify('x'.repeat(2_000))),
      'larger than 1000 bytes',
    ],
    ['a redirect', status(307), 'the API server answered 307'],
  ] as const)('turns %s into one line', async (_, handler, text) => {
    server.once('get', handler as never);
    const { message: line } = (await read(clientOf())) as ApiError;
    expect(line).toContain(text);
    expect(line).not.toMatch(/secret|\n/);
  });

  it('ends by its deadline, which counts to the end of the body, and when the answer breaks off', async () => {
    const api = clientOf();
    const late = { reason: 'timeout', message: 'the API server did not answer within 20 ms' };
    // Not once(): on a busy machine a request may be given up before the server has it.
    const slow: Handler[] = [
      () => {},
      (_, response) => response.write('{"a":'),
      (_, response) => {
        response.writeHead(500);
        response.write('{"a":');
      },
    ];
    for (const handler of slow) {
      server.always(() => handler);
      expect(await read(api, '/thing', { deadlineMs: 20 })).toMatchObject(late);
    }
    server.always(undefined);
    for (let i = 0; i < 2; i++)
      server.once('get', (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"a":', () => response.socket?.resetAndDestroy());
      });
    expect(await read(api)).toMatchObject({
      reason: 'network',
      message: `the API server ${server.connection.server.origin} cannot be reached (ECONNRESET)`,
    });
    expect(await read(api)).toBe('{"a":1}');
  });

  it('names the error when nothing listens, for each of more requests than it has connections', async () => {
    const { connection } = server;
    await server.stop();
    const api = clientOf(async () => connection);
    const results = await Promise.all(Array.from({ length: 100 }, () => read(api)));
    for (const result of results)
      expect(result).toMatchObject({
        reason: 'network',
        message: `the API server ${connection.server.origin} cannot be reached (ECONNREFUSED)`,
      });
    server = await FakeApiServer.start();
  });

  it('leaves a watch open until its signal aborts, with the reason of the signal', async () => {
    const controller = new AbortController();
    const chunks = (await clientOf().watch(WATCH, controller.signal))[Symbol.asyncIterator]();
    server.send('x');
    expect(String((await chunks.next()).value)).toBe('x');
    controller.abort(new ApiError('silent', 'enough'));
    await expect(chunks.next()).rejects.toThrow('enough');
    await until(() => expect(server.openWatches).toBe(0));
  });

  it('lets a page and a watch have a connection however many watches and reads are open', async () => {
    const api = clientOf();
    const { signal } = new AbortController();
    const watches = Array.from({ length: 200 }, () => api.watch(WATCH, signal));
    await Promise.all(watches);
    server.always((operation) => (operation === 'get' ? () => {} : undefined));
    const reads = Array.from({ length: 100 }, () => read(api));
    await until(() => expect(server.count('get'), 'the others wait for a connection').toBe(64));
    expect(JSON.parse(String(await api.page(WATCH.replace('watch=true', 'limit=5'), limits)))).toHaveProperty(
      'items',
    );
    api.close();
    for (const result of await Promise.all(reads)) expect(result).toBeInstanceOf(ApiError);
  });
});
