import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeApiClient } from '../../../../src/catalog/kubernetes/apiClient.ts';
import { type Clock, systemClock } from '../../../../src/catalog/kubernetes/clock.ts';
import type { CatalogObserver } from '../../../../src/catalog/kubernetes/observer.ts';
import { collectionPaths } from '../../../../src/catalog/kubernetes/paths.ts';
import { Reflector } from '../../../../src/catalog/kubernetes/reflector.ts';
import type { ReflectorTiming } from '../../../../src/catalog/kubernetes/timing.ts';
import { ToolhiveStore } from '../../../../src/catalog/store.ts';
import { FakeApiServer, status } from './fakeApiServer.ts';

const TIMING: ReflectorTiming = {
  backoff: { first: 4, max: 16 },
  maxRetryAfter: 30,
  answer: 10_000,
  bytesPerMs: 512,
  idle: 10_000,
  shortWatch: 20,
  missingKind: 10,
  watchSeconds: { min: 300, max: 600 },
  pageSize: 10,
  slice: 5,
};

let server: FakeApiServer;
let store: ToolhiveStore;
let reflector: Reflector;
let told: string[];
let onClose: (() => void)[];

const observer: CatalogObserver = {
  listed: (_, objects) => told.push(`listed ${objects}`),
  absent: () => told.push('absent'),
  relist: (_, reason) => told.push(`relist ${reason}`),
  failed: (_, operation, reason) => told.push(`failed ${operation} ${reason}`),
  malformed: (_, namespace, name, problem) => told.push(`malformed ${namespace}/${name} ${problem}`),
};

function start(
  options: { clock?: Clock; observer?: CatalogObserver; timing?: Partial<ReflectorTiming> } = {},
): void {
  const api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
  reflector = new Reflector({
    kind: 'MCPServerEntry',
    namespace: undefined,
    paths: collectionPaths('MCPServerEntry', undefined),
    api,
    sink: store,
    clock: options.clock ?? systemClock,
    timing: { ...TIMING, ...options.timing },
    observer: options.observer ?? observer,
  });
  onClose.push(() => {
    reflector.stop();
    api.close();
  });
  reflector.start();
}

const names = () =>
  store
    .namespace('apps')
    .members('g')
    .entries.map((entry) => entry.metadata.name);

/** Waits until the copy is what the server holds. */
async function caughtUp(): Promise<void> {
  await vi.waitFor(() => expect(names()).toEqual([...server.objects.keys()].sort()), {
    timeout: 5_000,
    interval: 5,
  });
}

async function watching(): Promise<void> {
  await vi.waitFor(() => expect(server.openWatches).toBe(1), { timeout: 5_000, interval: 5 });
}

beforeEach(async () => {
  server = await FakeApiServer.start();
  store = new ToolhiveStore();
  told = [];
  onClose = [];
});

afterEach(async () => {
  for (const close of onClose) close();
  await server.stop();
});

describe('a reflector', () => {
  it('lists in pages, then follows from where the list stood, with bookmarks', async () => {
    for (let i = 0; i < 25; i++) server.put(`e${i}`);
    start();
    expect(reflector.status()).toMatchObject({ synced: false, ageMs: undefined });
    await reflector.ready;
    await caughtUp();
    expect(server.count('list')).toBe(3);
    const first = server.requests[0]!.url.searchParams;
    expect(first.get('resourceVersion'), 'what the API server has in memory will do').toBe('0');
    await watching();
    const { searchParams } = server.requests.at(-1)!.url;
    expect(searchParams.get('resourceVersion')).toBe(String(server.revision));
    expect(searchParams.get('allowWatchBookmarks')).toBe('true');
    expect(Number(searchParams.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    server.put('new');
    server.delete('e3');
    server.put('e4', { remoteUrl: 'https://changed.example/', groupRef: { name: 'g' } });
    await caughtUp();
    await vi.waitFor(() =>
      expect(store.namespace('apps').entry('e4')?.remoteUrl).toBe('https://changed.example/'),
    );
    expect(reflector.status()).toMatchObject({
      synced: true,
      objects: 25,
      malformed: 0,
      ageMs: expect.any(Number),
    });
    expect(JSON.stringify(store.namespace('apps').entry('new'))).not.toContain('manager');
  });

  it('takes only the newest state for a list that is not the first', async () => {
    server.put('a');
    start();
    await watching();
    server.send('{"type":"ERROR","object":{"kind":"Status","code":410}}\n');
    await vi.waitFor(() => expect(server.count('list')).toBe(2));
    const again = server.requests.filter(({ url }) => !url.searchParams.has('watch')).at(-1)!;
    expect(again.url.searchParams.get('resourceVersion')).toBeNull();
  });

  it('reads events however the stream is cut, also inside a character', async () => {
    start();
    await watching();
    server.revision++;
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: server.entry('cut') })}\n`);
    for (const byte of line) server.send(Buffer.from([byte]));
    await vi.waitFor(() => expect(names()).toEqual(['cut']));
    expect(store.namespace('apps').entry('cut')?.metadata.annotations.text).toBe('ü€😀');
    expect(server.count('watch')).toBe(1);
  });

  it.each([
    ['a reset', () => server.endWatches('reset')],
    ['the end of the watch', () => server.endWatches('clean')],
    ['a line that is no JSON', () => server.send('{"type":"ADDED","obj\n')],
    ['a line that is no event', () => server.send('{"type":"SURPRISE","object":{}}\n')],
    [
      'an event without a version',
      () => server.send('{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'),
    ],
    ['an error event 500', () => server.send('{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n')],
    [
      'a truncated line',
      () => {
        server.send('{"type":"ADDED","object":{"meta');
        server.endWatches('reset');
      },
    ],
  ])('is right again after %s, and watches on from where it stood', async (_, fault) => {
    server.put('a');
    start();
    await watching();
    fault();
    server.put('b', undefined, true);
    server.delete('a', true);
    await caughtUp();
    expect(server.count('list')).toBe(1);
  });

  it.each([500, 503, 401, 403, 429])('outlasts %i on every request for a while', async (code) => {
    server.put('a');
    let refused = 0;
    server.always(() => (refused++ < 6 ? status(code) : undefined));
    start();
    await caughtUp();
    server.always(() => (refused++ < 12 ? status(code) : undefined));
    server.endWatches('reset');
    server.put('b', undefined, true);
    await caughtUp();
    expect(told.filter((line) => line.startsWith('failed')).length).toBeGreaterThan(5);
    expect(names()).toEqual(['a', 'b']);
  });

  it('serves what it knew while the server cannot be reached', async () => {
    server.put('a');
    start();
    await watching();
    server.always(() => (_, response) => response.socket?.resetAndDestroy());
    server.endWatches('reset');
    await vi.waitFor(() =>
      expect(told.filter((line) => line.includes('ECONNRESET')).length).toBeGreaterThan(3),
    );
    expect(names()).toEqual(['a']);
    expect(reflector.status().synced).toBe(true);
    server.always(undefined);
    server.put('b', undefined, true);
    await caughtUp();
  });

  it('relists after 410 Gone, and keeps the old copy until the new one is complete', async () => {
    for (let i = 0; i < 15; i++) server.put(`e${i}`);
    start();
    await watching();
    const seen: number[] = [];
    server.once('list', (_, response, url) => {
      seen.push(names().length);
      response.end(JSON.stringify(server.page(url)));
    });
    server.once('list', (_, response, url) => {
      // The first page is through; nothing of it may show yet.
      seen.push(names().length);
      response.end(JSON.stringify(server.page(url)));
    });
    for (let i = 0; i < 3; i++) server.delete(`e${i}`, true);
    server.send(
      '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n',
    );
    await caughtUp();
    expect(seen).toEqual([15, 15]);
    expect(told).toContain('relist the resourceVersion has expired (410 Gone)');
  });

  it('starts the list over when its pages expire midway', async () => {
    for (let i = 0; i < 25; i++) server.put(`e${i}`);
    server.once('list', (_, response, url) => response.end(JSON.stringify(server.page(url))));
    server.once('list', status(410, 'The provided continue parameter is too old'));
    start();
    await caughtUp();
    expect(told.filter((line) => line.startsWith('listed'))).toEqual(['listed 25']);
  });

  it.each([
    ['no JSON at all', (text: string) => text.replace('{', '<')],
    ['cut short', (text: string) => text.slice(0, -30)],
    [
      'a list without a version',
      (text: string) =>
        text.replace('"resourceVersion"', '"x"').replaceAll('"resourceVersion":"101"', '"y":""'),
    ],
    ['an item that is no object', (text: string) => text.replace('"items":[', '"items":[5,')],
  ])('tries again when a list is %s', async (_, spoil) => {
    server.put('a');
    server.once('list', (_request, response, url) => response.end(spoil(JSON.stringify(server.page(url)))));
    start();
    await caughtUp();
    expect(told[0]).toMatch(/^failed list/);
  });

  it('opens a silent watch again, and gives up on a list or watch that never answers', async () => {
    server.put('a');
    server.once('list', () => {});
    start({ timing: { answer: 300, idle: 50 } });
    await watching();
    expect(told[0]).toContain('did not answer within 300 ms');
    server.once('watch', () => {});
    server.put('b', undefined, true);
    await caughtUp();
  });

  it('waits as long as Retry-After asks, within a bound', async () => {
    const waits: number[] = [];
    server.once('list', status(429, 'slow down', { 'retry-after': '1' }));
    server.once('list', status(429, 'slow down', { 'retry-after': '86400' }));
    start({ observer: { failed: (_, __, ___, ms) => waits.push(ms) }, timing: { maxRetryAfter: 25 } });
    await reflector.ready;
    expect(waits).toEqual([25, 25]);
  });

  it('takes a missing CRD for an empty list, and finds it when it comes, goes and comes again', async () => {
    const { collections } = server;
    server.collections = [];
    start();
    await reflector.ready;
    expect(reflector.status()).toMatchObject({ synced: true, objects: 0 });
    server.put('a');
    server.collections = collections;
    await caughtUp();
    await watching();
    server.collections = [];
    server.objects.clear();
    server.endWatches('clean');
    await vi.waitFor(() => expect(names()).toEqual([]));
    server.put('b');
    server.collections = collections;
    await caughtUp();
    expect(told.filter((line) => line === 'absent')).toHaveLength(2);
    expect(told.filter((line) => line.startsWith('failed list'))).toEqual([]);
  });

  it('reads the older version where the stored one is not served', async () => {
    server.collections = ['/apis/toolhive.stacklok.dev/v1alpha1/mcpserverentries'];
    server.put('a');
    start();
    await caughtUp();
    await watching();
  });

  it('starts over when the server has another history', async () => {
    server.revision = 5_000;
    server.put('a');
    server.put('same');
    start();
    await watching();
    server.forget();
    server.revision = 100;
    server.put('b', undefined, true);
    server.objects.set('same', {
      ...server.entry('same', { remoteUrl: 'https://other.example/', groupRef: { name: 'g' } }),
      metadata: { ...server.entry('same').metadata, resourceVersion: '5002' },
    });
    server.endWatches('clean');
    await caughtUp();
    expect(store.namespace('apps').entry('same')?.remoteUrl).toBe('https://other.example/');
  });

  it('starts over when the server has another history that has got further than ours', async () => {
    server.put('a');
    server.put('b');
    start();
    await watching();
    server.forget();
    server.put('b', undefined, true);
    server.revision = 5_000;
    server.put('c', undefined, true);
    server.endWatches('clean');
    await caughtUp();
    expect(store.namespace('apps').entry('a')).toBeUndefined();
    expect(store.namespace('apps').entry('c')).toBeDefined();
  });

  it('leaves a malformed object out, says so once, and takes it back when it is mended', async () => {
    server.put('bad', { remoteUrl: 5 });
    server.put('good');
    start();
    await vi.waitFor(() => expect(names()).toEqual(['good']));
    await watching();
    server.put('bad', { remoteUrl: 6 });
    server.put('good', { remoteUrl: 7 });
    await vi.waitFor(() => expect(reflector.status()).toMatchObject({ objects: 0, malformed: 2 }));
    expect(names()).toEqual([]);
    expect(told.filter((line) => line.startsWith('malformed'))).toEqual([
      'malformed apps/bad spec.remoteUrl must be a string, not a number',
      'malformed apps/good spec.remoteUrl must be a string, not a number',
    ]);
    server.put('bad');
    server.delete('good');
    await caughtUp();
    expect(reflector.status()).toMatchObject({ objects: 1, malformed: 0 });
  });

  it.each([
    ['put', (sink: ToolhiveStore) => vi.spyOn(sink, 'put')],
    ['delete', (sink: ToolhiveStore) => vi.spyOn(sink, 'delete')],
  ] as const)('reads again what a fault of the store kept out: %s', async (_, spy) => {
    for (const name of ['a', 'b']) server.put(name);
    start();
    await watching();
    spy(store).mockImplementationOnce(() => {
      throw new Error('fault of the store');
    });
    server.put('a', { remoteUrl: 'https://new.example/', groupRef: { name: 'g' } });
    server.delete('b');
    await caughtUp();
    await vi.waitFor(() =>
      expect(store.namespace('apps').entry('a')?.remoteUrl).toBe('https://new.example/'),
    );
    expect(told.join()).toContain('fault of the store');
  });

  it('changes only what differs when it relists', async () => {
    for (const name of ['a', 'b', 'c']) server.put(name);
    start();
    await watching();
    const before = store.namespace('apps').entry('a');
    server.put('b', { remoteUrl: 'https://new.example/', groupRef: { name: 'g' } }, true);
    server.send('{"type":"ERROR","object":{"code":410}}\n');
    await vi.waitFor(() =>
      expect(store.namespace('apps').entry('b')?.remoteUrl).toBe('https://new.example/'),
    );
    expect(store.namespace('apps').entry('a')).toBe(before);
  });

  it('is not harmed by an observer that throws', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    server.once('list', status(500));
    server.put('a');
    start({
      observer: { listed: boom, failed: boom, event: boom, relist: boom, malformed: boom, absent: boom },
    });
    await caughtUp();
    await watching();
    server.put('b');
    await caughtUp();
  });

  it('puts nothing into the store after it is stopped', async () => {
    server.put('a');
    start();
    await watching();
    reflector.stop();
    await vi.waitFor(() => expect(server.openWatches).toBe(0));
    server.put('b');
    const requests = server.requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(names()).toEqual(['a']);
    expect(server.requests.length).toBe(requests);
  });

  it('asks less and less often when every watch ends at once', async () => {
    const waits: number[] = [];
    server.always((operation) => (operation === 'watch' ? (_, response) => response.end() : undefined));
    const done = new Promise<void>((resolve) => {
      const clock: Clock = {
        ...systemClock,
        random: () => 1,
        after: (ms, callback) => {
          if (ms > 16) return systemClock.after(ms, callback);
          waits.push(ms);
          if (waits.length >= 6) resolve();
          else setImmediate(callback);
          return () => {};
        },
      };
      start({ clock, timing: { shortWatch: 60_000 } });
    });
    await done;
    expect(waits).toEqual([4, 8, 16, 16, 16, 16]);
    expect(server.count('watch')).toBe(6);
  });
});
