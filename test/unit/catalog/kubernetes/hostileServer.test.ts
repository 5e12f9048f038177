import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../../src/catalog/kubernetes/timing.ts';
import { FakeApiServer } from '../../../support/fakeApiServer.ts';
import { type Options, type Reflecting, reflect, until } from './reflecting.ts';

let server: FakeApiServer;
let running: Reflecting;
/** Milliseconds that the reflector's clock is ahead of the machine's. */
let ahead: number;
let drips: NodeJS.Timeout[];

const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };

function start(options: Options = {}) {
  running = reflect(server, { clock, ...options });
  return running.reflector;
}

const failed = (text: string) => until(() => expect(running.told.join('\n')).toContain(text));
const watching = () => until(() => expect(server.openWatches).toBe(1));

/** A byte now and then, until the answer is closed. */
function drip(response: ServerResponse, first: string): void {
  response.write(first);
  drips.push(setInterval(() => response.write(' '), 5));
}

beforeEach(async () => {
  server = await FakeApiServer.start();
  ahead = 0;
  drips = [];
});
afterEach(async () => {
  for (const timer of drips) clearInterval(timer);
  running.stop();
  await server.stop();
});

describe('a list that never ends', () => {
  it.each([
    ['the same objects again', () => [server.entry('a')], 'the same object twice'],
    ['no objects', () => [], 'empty and not the last'],
  ])('is given up when its pages bring %s, and nothing of it is served', async (_, items, message) => {
    server.put('a');
    server.always((operation) =>
      operation === 'list'
        ? (_request, response, url) => {
            const { metadata } = server.page(url);
            response.end(JSON.stringify({ items: items(), metadata: { ...metadata, continue: 'more' } }));
          }
        : undefined,
    );
    const opened = start();
    await failed(message);
    expect(opened.status()).toMatchObject({ synced: false, objects: 0, ageMs: undefined });
    server.always(undefined);
    await opened.ready;
    expect(running.names()).toEqual(['a']);
  });

  it('of ever new objects is given up when they are more than the memory is for, with what to do', async () => {
    let made = 0;
    server.always((operation) =>
      operation === 'list'
        ? (_, response) => {
            const items = [server.entry(`e${made++}`)];
            response.end(JSON.stringify({ items, metadata: { resourceVersion: '1', continue: 'more' } }));
          }
        : undefined,
    );
    const opened = start({ budgetBytes: 64 * 1024 });
    await failed('larger than 0.1 MiB');
    expect(opened.status()).toMatchObject({
      synced: false,
      bytes: 0,
      problem: expect.stringMatching(/--namespaces.*--max-old-space-size/),
    });
    expect(made, 'an object counts at least 1 KiB').toBeLessThan(2 * 64);
    server.always(undefined);
    server.put('a');
    await opened.ready;
  });

  it('is given up when it drips', async () => {
    server.once('list', (_, response) => drip(response, '{"items":['));
    const opened = start({ timing: { answer: 100 } });
    await failed('did not answer within 100 ms');
    await opened.ready;
  });
});

describe('a watch that never ends', () => {
  it('is opened again when it drips what never becomes an event', async () => {
    server.once('watch', (_, response) => drip(response, '{"type":'));
    start({ timing: { watch: { min: 300_000, max: 300_000, silence: 100 } } });
    await failed('neither an event nor a bookmark');
    await watching();
  });

  it('of ever new objects is given up when they are more than the memory is for, and the copy stays', async () => {
    server.put('kept');
    const opened = start({ budgetBytes: 64 * 1024 });
    await opened.ready;
    await watching();
    for (let i = 0; i < 100; i++) server.put(`e${i}`);
    await failed('failed list the ToolHive objects of the cluster are larger than');
    expect(running.names()).toContain('kept');
    expect(opened.status().bytes).toBeLessThanOrEqual(64 * 1024);
    for (let i = 0; i < 100; i++) server.delete(`e${i}`);
    await until(() => expect(running.names()).toEqual(['kept']));
  });
});

describe('the age of the copy', () => {
  it('is not known before the first complete list, whatever else was answered', async () => {
    server.always((operation) =>
      operation === 'list' ? (_, response) => response.end('{"items":[]}') : undefined,
    );
    const opened = start();
    await until(() => expect(server.count('list')).toBeGreaterThan(3));
    expect(opened.ageMs()).toBeUndefined();
    server.always(undefined);
    await opened.ready;
    expect(opened.ageMs()).toBeDefined();
  });

  it.each([
    ['lists are empty objects and watches are garbage', 'garbage\n', '{}'],
    ['watches end in the middle of an event', '{"type":"ADDED",', undefined],
    ['watches end at once', '', undefined],
  ])('grows while %s', async (_, watch, list) => {
    const opened = start();
    await opened.ready;
    await watching();
    server.always((operation) => {
      if (operation === 'watch') return (_request, response) => response.end(watch);
      return list === undefined ? undefined : (_request, response) => response.end(list);
    });
    ahead += 96_000;
    server.endWatches('reset');
    await until(() => expect(running.told.length).toBeGreaterThanOrEqual(3));
    expect(opened.ageMs()).toBeGreaterThanOrEqual(96_000);
  });

  it('begins again with an event, a bookmark and a list', async () => {
    const opened = start();
    await opened.ready;
    for (const good of [
      () => server.put('a'),
      () => server.bookmark(),
      () => server.send('{"type":"ERROR","object":{"code":410}}\n'),
    ]) {
      await watching();
      ahead += 40_000;
      expect(opened.ageMs()).toBeGreaterThanOrEqual(40_000);
      good();
      await until(() => expect(opened.ageMs()).toBeLessThan(40_000));
    }
  });
});
