import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeApiClient } from '../../../../src/catalog/kubernetes/apiClient.ts';
import { type Clock, systemClock } from '../../../../src/catalog/kubernetes/clock.ts';
import { ListBudget } from '../../../../src/catalog/kubernetes/listBudget.ts';
import { collectionPaths } from '../../../../src/catalog/kubernetes/paths.ts';
import { Reflector } from '../../../../src/catalog/kubernetes/reflector.ts';
import { REFLECTOR_TIMING, type ReflectorTiming } from '../../../../src/catalog/kubernetes/timing.ts';
import { ToolhiveStore } from '../../../../src/catalog/store.ts';
import { FakeApiServer } from './fakeApiServer.ts';

let server: FakeApiServer;
let reflector: Reflector | undefined;
let store: ToolhiveStore;
let told: string[];
let events: number;
/** Milliseconds that the reflector's clock is ahead of the machine's. */
let ahead: number;
let drips: NodeJS.Timeout[];

const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };

function start(timing: Partial<ReflectorTiming> = {}, budget = new ListBudget()): Reflector {
  const api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
  reflector = new Reflector({
    kind: 'MCPServerEntry',
    namespace: undefined,
    paths: collectionPaths('MCPServerEntry', undefined).slice(0, 1),
    api,
    sink: store,
    clock,
    timing: { ...REFLECTOR_TIMING, backoff: { first: 4, max: 16 }, pageSize: 10, ...timing },
    observer: {
      failed: (_, operation, reason) => told.push(`failed ${operation} ${reason}`),
      event: () => events++,
    },
    budget,
  });
  reflector.start();
  return reflector;
}

const failed = (text: string) =>
  vi.waitFor(() => expect(told.find((line) => line.includes(text))).toBeDefined(), { interval: 5 });

/** A byte now and then, until the answer is closed. */
function drip(response: ServerResponse, first: string): void {
  response.write(first);
  drips.push(setInterval(() => response.write(' '), 5));
}

beforeEach(async () => {
  server = await FakeApiServer.start();
  store = new ToolhiveStore();
  told = [];
  events = 0;
  ahead = 0;
  drips = [];
});
afterEach(async () => {
  for (const timer of drips) clearInterval(timer);
  reflector?.stop();
  await server.stop();
});

describe('a list that never ends', () => {
  it('is given up when its pages bring the same objects again, and nothing of it is served', async () => {
    server.put('a');
    server.always((operation) =>
      operation === 'list'
        ? (_, response, url) => {
            const page = server.page(url) as { metadata: object; items: unknown[] };
            if (page.items.length === 0) page.items = [server.entry('a')];
            response.end(JSON.stringify({ ...page, metadata: { ...page.metadata, continue: 'more' } }));
          }
        : undefined,
    );
    start();
    await failed('same object twice');
    expect(reflector?.status()).toMatchObject({ synced: false, ageMs: undefined });
    server.always(undefined);
    await reflector?.ready;
    expect(store.namespace('apps').entry('a')).toBeDefined();
  });

  it('is given up when it brings more than the catalog can be made for', async () => {
    for (let i = 0; i < 30; i++) server.put(`e${i}`);
    start({}, new ListBudget({ bytes: 1024 * 1024, objects: 25 }));
    await failed('more than 25 objects');
    server.objects.delete('e0');
    for (let i = 1; i < 10; i++) server.objects.delete(`e${i}`);
    await reflector?.ready;
  });

  it('is given up when it drips', async () => {
    server.once('list', (_, response) => drip(response, '{"items":['));
    start({ answer: 100 });
    await failed('did not answer within 100 ms');
    await reflector?.ready;
  });
});

describe('the age of the copy', () => {
  it('is not known before the first complete list, whatever else was answered', async () => {
    server.always((operation) =>
      operation === 'list' ? (_, response) => response.end('{"items":[]}') : undefined,
    );
    const opened = start();
    await vi.waitFor(() => expect(server.count('list')).toBeGreaterThan(3));
    expect(opened.ageMs()).toBeUndefined();
    server.always(undefined);
    await opened.ready;
    expect(opened.ageMs()).toBeDefined();
  });

  it('grows while lists are empty objects and watches are garbage', async () => {
    const opened = start();
    await opened.ready;
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    server.always((operation) => (_, response) => {
      if (operation === 'watch') response.write('garbage\n');
      else response.end('{}');
    });
    server.endWatches('reset');
    ahead += 96_000;
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(5), { interval: 5 });
    expect(opened.ageMs()).toBeGreaterThanOrEqual(96_000);
  });

  it('grows while checks are right and watches end in the middle of an event', async () => {
    const opened = start({ shortWatch: 0 });
    await opened.ready;
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    server.always((operation) =>
      operation === 'watch' ? (_, response) => response.end('{"type":"ADDED",') : undefined,
    );
    server.endWatches('reset');
    ahead += 40_000;
    await failed('in the middle of an event');
    expect(opened.ageMs()).toBeGreaterThanOrEqual(40_000);
  });

  it('begins again with an event, a bookmark, and a watch that the server ends in good order', async () => {
    const opened = start({ shortWatch: 0, idle: 600_000 });
    await opened.ready;
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '101' } } };
    for (const good of [
      () => server.put('a'),
      () => server.send(`${JSON.stringify(bookmark)}\n`),
      () => server.endWatches('clean'),
    ]) {
      await vi.waitFor(() => expect(server.openWatches).toBe(1));
      ahead += 40_000;
      expect(opened.ageMs()).toBeGreaterThanOrEqual(40_000);
      good();
      await vi.waitFor(() => expect(opened.ageMs()).toBeLessThan(40_000), { interval: 5 });
    }
    expect(events).toBe(2);
  });

  it('grows while watches are open and silent for longer than the API server lets one be', async () => {
    const opened = start({ idle: 30 });
    await opened.ready;
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    ahead += 40_000;
    await vi.waitFor(() => expect(server.count('watch')).toBeGreaterThan(3), { interval: 5 });
    expect(opened.ageMs()).toBeGreaterThanOrEqual(40_000);
  });
});

it('a watch that drips what never becomes an event is opened again', async () => {
  server.once('watch', (_, response) => drip(response, '{"type":'));
  start({ idle: 100 });
  await vi.waitFor(() => expect(server.count('watch')).toBeGreaterThan(1), { timeout: 5_000, interval: 5 });
});
