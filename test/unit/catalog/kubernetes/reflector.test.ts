import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../../../src/apiClient/errors.ts';
import { type Clock, systemClock } from '../../../../src/catalog/kubernetes/timing.ts';
import type { ToolhiveStore } from '../../../../src/catalog/store.ts';
import { FakeApiServer, status } from '../../../support/fakeApiServer.ts';
import { type Options, type Reflecting, reflect, until } from './reflecting.ts';

let server: FakeApiServer;
let running: Reflecting;
let told: string[];
let store: ToolhiveStore;

function start(options?: Options): void {
  running = reflect(server, options);
  ({ told, store } = running);
}

const names = () => running.names();

/** Waits until the copy is what the server holds. */
async function caughtUp(): Promise<void> {
  await until(() => expect(names()).toEqual([...server.objects.keys()].sort()));
}

async function watching(): Promise<void> {
  await until(() => expect(server.openWatches).toBe(1));
}

beforeEach(async () => {
  server = await FakeApiServer.start();
});

afterEach(async () => {
  running.stop();
  await server.stop();
});

describe('a reflector', () => {
  it('lists in pages, then follows from where the list stood, with bookmarks', async () => {
    for (let i = 0; i < 25; i++) server.put(`e${i}`);
    server.pageSize = 10;
    start();
    expect(running.reflector.status()).toMatchObject({ synced: false, ageMs: undefined });
    await running.reflector.ready;
    await caughtUp();
    expect(server.count('list')).toBe(3);
    await watching();
    const { searchParams } = server.requests.at(-1)!.url;
    expect(searchParams.get('resourceVersion')).toBe(String(server.revision));
    expect(searchParams.get('allowWatchBookmarks')).toBe('true');
    expect(Number(searchParams.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    server.put('new');
    server.delete('e3');
    server.put('e4', { remoteUrl: 'https://changed.example/', groupRef: { name: 'g' } });
    await caughtUp();
    await until(() =>
      expect(store.namespace('apps').entry('e4')?.remoteUrl).toBe('https://changed.example/'),
    );
    expect(running.reflector.status()).toMatchObject({
      synced: true,
      objects: 25,
      malformed: 0,
      ageMs: expect.any(Number),
      problem: undefined,
    });
    expect(JSON.stringify(store.namespace('apps').entry('new'))).not.toContain('manager');
  });

  it('lists the newest state, not what the API server has in memory: that may be older, and comes without pages', async () => {
    server.put('a');
    start();
    await watching();
    server.send('{"type":"ERROR","object":{"kind":"Status","code":410}}\n');
    await until(() => expect(server.count('list')).toBe(2));
    const lists = server.requests.filter(({ operation }) => operation === 'list');
    for (const { url } of lists) expect([...url.searchParams.keys()]).toEqual(['limit']);
  });

  it('reads events however the stream is cut, also inside a character', async () => {
    start();
    await watching();
    server.revision++;
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: server.entry('cut') })}\n`);
    for (const byte of line) server.send(Buffer.from([byte]));
    await until(() => expect(names()).toEqual(['cut']));
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
    await until(() => expect(told.filter((line) => line.includes('ECONNRESET')).length).toBeGreaterThan(3));
    expect(names()).toEqual(['a']);
    expect(running.reflector.status().synced).toBe(true);
    server.always(undefined);
    server.put('b', undefined, true);
    await caughtUp();
  });

  it('relists after 410 Gone, and keeps the old copy until the new one is complete', async () => {
    for (let i = 0; i < 15; i++) server.put(`e${i}`);
    server.pageSize = 10;
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
    expect(told).toContain('relist the API server answered 410: too old resource version');
  });

  it('starts the list over when its pages expire midway', async () => {
    for (let i = 0; i < 25; i++) server.put(`e${i}`);
    server.pageSize = 10;
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

  it('gives up on a list or watch that is not answered', async () => {
    server.put('a');
    server.once('list', () => {});
    server.once('watch', () => {});
    start({ timing: { answer: 500 } });
    await watching();
    for (const operation of ['list', 'watch'])
      expect(told).toContain(`failed ${operation} the API server did not answer within 500 ms`);
  });

  it('is synced only when its watch was accepted: a list alone is right for a moment', async () => {
    server.put('a');
    server.always((operation) => (operation === 'watch' ? status(403, 'no watch') : undefined));
    start();
    await caughtUp();
    await until(() => expect(told.length).toBeGreaterThan(3));
    const problem = 'the API server answered 403: no watch';
    expect(running.reflector.status()).toMatchObject({ synced: false, problem });
    server.always(undefined);
    await running.reflector.ready;
    expect(running.reflector.status()).toMatchObject({ synced: true, problem: undefined });
  });

  it('waits as long as Retry-After asks, within a bound', async () => {
    const waits: number[] = [];
    server.once('list', status(429, 'slow down', { 'retry-after': '1' }));
    server.once('list', status(429, 'slow down', { 'retry-after': '86400' }));
    const backoff = { first: 4, max: 25 };
    start({ observer: { failed: ({ waitMs }) => waits.push(waitMs) }, timing: { backoff } });
    await running.reflector.ready;
    expect(waits).toEqual([25, 25]);
  });

  it('takes a missing CRD for an empty list, and finds it when it comes, goes and comes again', async () => {
    const { collections } = server;
    server.collections = [];
    start();
    await running.reflector.ready;
    expect(running.reflector.status()).toMatchObject({ synced: true, objects: 0 });
    server.put('a');
    server.collections = collections;
    await caughtUp();
    await watching();
    server.collections = [];
    server.objects.clear();
    server.endWatches('clean');
    await until(() => expect(names()).toEqual([]));
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

  it('leaves a malformed object out, says so once, and takes it back when it is mended', async () => {
    server.put('bad', { remoteUrl: 5 });
    server.put('good');
    start();
    await until(() => expect(names()).toEqual(['good']));
    await watching();
    server.put('bad', { remoteUrl: 6 });
    server.put('good', { remoteUrl: 7 });
    await until(() => expect(running.reflector.status()).toMatchObject({ objects: 0, malformed: 2 }));
    expect(names()).toEqual([]);
    expect(told.filter((line) => line.startsWith('malformed'))).toEqual([
      'malformed apps/bad spec.remoteUrl must be a string, not a number',
      'malformed apps/good spec.remoteUrl must be a string, not a number',
    ]);
    server.put('bad');
    server.delete('good');
    await caughtUp();
    expect(running.reflector.status()).toMatchObject({ objects: 1, malformed: 0 });
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
    await until(() => expect(store.namespace('apps').entry('a')?.remoteUrl).toBe('https://new.example/'));
    expect(told.join()).toContain('fault of the store');
  });

  it('changes only what differs when it relists', async () => {
    for (const name of ['a', 'b', 'c']) server.put(name);
    start();
    await watching();
    const before = store.namespace('apps').entry('a');
    server.put('b', { remoteUrl: 'https://new.example/', groupRef: { name: 'g' } }, true);
    server.send('{"type":"ERROR","object":{"code":410}}\n');
    await until(() => expect(store.namespace('apps').entry('b')?.remoteUrl).toBe('https://new.example/'));
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
    running.stop();
    await until(() => expect(server.openWatches).toBe(0));
    server.put('b');
    const requests = server.requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(names()).toEqual(['a']);
    expect(server.requests.length).toBe(requests);
  });

  it('asks less and less often when every watch ends at once', async () => {
    const waits: number[] = [];
    server.always((operation) => (operation === 'watch' ? (_, response) => response.end() : undefined));
    await new Promise<void>((resolve) => {
      const clock: Clock = {
        ...systemClock,
        random: () => 1,
        sleep: async (ms) => {
          waits.push(ms);
          if (waits.length >= 6) resolve();
        },
      };
      start({ clock, timing: { shortWatch: 60_000 } });
    });
    expect(waits.slice(0, 6)).toEqual([4, 8, 16, 16, 16, 16]);
  });
});

describe('the watches of a reflector', () => {
  const asked = () =>
    server.requests
      .filter(({ operation }) => operation === 'watch')
      .map(({ url }) => Number(url.searchParams.get('timeoutSeconds')));
  /** The next watch is accepted and brings nothing. */
  const silent = (meanwhile: () => void) =>
    server.once('watch', (_, response) => {
      response.writeHead(200);
      response.flushHeaders();
      meanwhile();
    });
  const watches = (count: number) => until(() => expect(server.count('watch')).toBe(count));

  it('are 5 to 10 minutes long after one that brought something, and short after a failure', async () => {
    start();
    await watching();
    server.bookmark();
    server.endWatches('clean');
    await watches(2);
    server.endWatches('reset');
    await watches(3);
    server.bookmark();
    server.endWatches('clean');
    await watches(4);
    const [first, afterBookmark, afterReset, afterTrial] = asked();
    for (const long of [first, afterBookmark, afterTrial]) {
      expect(long).toBeGreaterThanOrEqual(300);
      expect(long).toBeLessThanOrEqual(600);
    }
    expect(afterReset).toBeLessThanOrEqual(18);
  });

  it('are followed by a list when they bring neither an event nor a bookmark, and end', async () => {
    server.put('a');
    start({ timing: { watch: { min: 0, max: 0, silence: 60_000 } } });
    await watching();
    server.put('b', undefined, true);
    server.endWatches('clean');
    await caughtUp();
    expect(server.count('list')).toBe(2);
    expect(told).toContain('relist the watch brought neither an event nor a bookmark in 0 s');
  });

  it('are followed by a list when they are silent for longer than the API server ever is', async () => {
    server.put('a');
    silent(() => server.put('b', undefined, true));
    start({ timing: { watch: { min: 300_000, max: 300_000, silence: 30 } } });
    await until(() => expect(names()).toEqual(['a', 'b']));
    expect(server.count('list')).toBe(2);
    expect(told.filter((line) => line.startsWith('failed'))).toEqual([]);
  });

  it('are long again after a silence in which nothing was missed, and short when something was', async () => {
    server.put('a');
    silent(() => {});
    silent(() => server.put('b', undefined, true));
    start({ timing: { watch: { min: 300_000, max: 300_000, silence: 30 } } });
    await until(() => expect(server.count('watch')).toBeGreaterThan(2));
    const [first, second, third] = asked();
    expect([first, second]).toEqual([300, 300]);
    expect(third).toBeLessThanOrEqual(18);
  });

  it('go on where they stood when somebody else notices that their connection hangs', async () => {
    server.put('a');
    start();
    await watching();
    server.put('b', undefined, true);
    running.reflector.reopen(new ApiError('network', 'connections hang'));
    await caughtUp();
    expect(server.count('list')).toBe(1);
    expect(told.at(-1)).toBe('failed watch connections hang');
  });

  it('find an API server that was restored from a backup: its history is behind that of the copy', async () => {
    server.revision = 5_000;
    server.put('a');
    start({ timing: { trialWatch: { min: 1_000, max: 1_000, silence: 30 } } });
    await watching();
    server.forget();
    server.put('b', undefined, true);
    server.endWatches('reset');
    await caughtUp();
  });
});
