import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeApiClient } from '../../../../src/apiClient/client.ts';
import {
  type KubernetesCatalog,
  type KubernetesCatalogOptions,
  kubernetesCatalog,
} from '../../../../src/catalog/kubernetes/catalog.ts';
import { collectionPaths } from '../../../../src/catalog/kubernetes/collections.ts';
import { isStale } from '../../../../src/catalog/kubernetes/observer.ts';
import { type Clock, systemClock } from '../../../../src/catalog/kubernetes/timing.ts';
import { TOOLHIVE_KINDS } from '../../../../src/toolhive/kinds.ts';
import { FakeApiServer, status } from '../../../support/fakeApiServer.ts';
import { FAST, until } from './reflecting.ts';

const CONFIG_MAP = '/api/v1/namespaces/apps/configmaps/corp-ca';
const SECRET = '/api/v1/namespaces/apps/secrets/keys';
const signal = new AbortController().signal;

let server: FakeApiServer;
let catalog: KubernetesCatalog | undefined;

beforeEach(async () => {
  server = await FakeApiServer.start();
  server.collections = TOOLHIVE_KINDS.map((kind) => collectionPaths(kind, undefined)[0] ?? '');
  server.others.set(CONFIG_MAP, {
    metadata: { name: 'corp-ca', namespace: 'apps' },
    data: { 'ca.crt': 'pem' },
  });
  server.others.set(SECRET, { metadata: { name: 'keys' }, data: { key: 'dG9wLXNlY3JldAo=' } });
});
afterEach(async () => {
  catalog?.stop();
  await server.stop();
});

function open(options: Partial<KubernetesCatalogOptions> = {}): KubernetesCatalog {
  const api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
  catalog = kubernetesCatalog({ api, timing: FAST, ...options });
  catalog.start();
  return catalog;
}

const ready = (opened: KubernetesCatalog) => opened.readiness.wait(signal);

describe('the catalog of a cluster', () => {
  it('is ready after the first complete list of every kind, and not before', async () => {
    server.put('a');
    let release = () => {};
    server.once('list', (_, response, url) => {
      release = () => response.end(JSON.stringify(server.page(url)));
    });
    const opened = open();
    await until(() =>
      expect(opened.status().filter((kind) => kind.synced)).toHaveLength(TOOLHIVE_KINDS.length - 1),
    );
    expect(opened.readiness.complete).toBe(false);
    expect(opened.ageMs('apps')).toBeUndefined();
    release();
    await ready(opened);
    expect(opened.readiness.complete).toBe(true);
    expect(opened.ageMs('apps')).toBeGreaterThanOrEqual(0);
    expect(opened.namespace('apps').members('g')).toHaveLength(1);
  });

  it('stays ready when the API server is lost', async () => {
    server.put('a');
    const opened = open();
    await ready(opened);
    await until(() => expect(server.openWatches).toBe(TOOLHIVE_KINDS.length));
    await server.stop();
    await until(async () => expect((await opened.configMap('apps', 'x', signal)).state).toBe('unavailable'));
    expect(opened.readiness.complete).toBe(true);
    expect(opened.namespace('apps').entry('a')).toBeDefined();
    server = await FakeApiServer.start();
  });

  it('reads a ConfigMap when it is asked for, once for all who ask at the same time', async () => {
    const opened = open();
    const both = await Promise.all([1, 2, 3].map(() => opened.configMap('apps', 'corp-ca', signal)));
    for (const lookup of both)
      expect(lookup).toMatchObject({ state: 'found', value: { data: { 'ca.crt': 'pem' } } });
    expect(server.count('get')).toBe(1);
    await opened.configMap('apps', 'corp-ca', signal);
    expect(server.count('get')).toBe(2);
    expect(await opened.configMap('apps', 'none', signal)).toEqual({ state: 'missing' });
  });

  it.each(['../secrets/keys', '..', 'a..b', 'UPPER', '', 'a/b', 'x?y', '-a'])(
    'takes the name %j for missing without asking',
    async (name) => {
      const opened = open();
      expect(await opened.configMap('apps', name, signal)).toEqual({ state: 'missing' });
      expect(await opened.configMap(name, 'corp-ca', signal)).toEqual({ state: 'missing' });
      expect(server.count('get')).toBe(0);
    },
  );

  it('says in one line why a ConfigMap cannot be read, and never throws', async () => {
    const opened = open({ readDeadlineMs: 1_000 });
    server.once('get', status(403, 'forbidden'));
    expect(await opened.configMap('apps', 'corp-ca', signal)).toEqual({
      state: 'unavailable',
      reason: 'the API server answered 403: forbidden',
    });
    server.once('get', () => {});
    expect(await opened.configMap('apps', 'corp-ca', signal)).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('1000 ms'),
    });
    server.others.set(CONFIG_MAP, { data: { 'ca.crt': 5 } });
    expect(await opened.configMap('apps', 'corp-ca', signal)).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('data'),
    });
    server.once('get', (_, response) => response.end('{'));
    expect(await opened.configMap('apps', 'corp-ca', signal)).toEqual({
      state: 'unavailable',
      reason: "the API server's answer cannot be read: it is not JSON",
    });
    expect(await opened.configMap('apps', 'corp-ca', AbortSignal.abort())).toMatchObject({
      state: 'unavailable',
    });
  });

  it('lets one caller give up without taking the answer from another', async () => {
    const opened = open();
    const controller = new AbortController();
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      server.once('get', (_, response) => {
        release = () => response.end(JSON.stringify(server.others.get(CONFIG_MAP)));
        resolve();
      });
    });
    const first = opened.configMap('apps', 'corp-ca', controller.signal);
    const second = opened.configMap('apps', 'corp-ca', signal);
    await arrived;
    controller.abort();
    expect(await first).toMatchObject({ state: 'unavailable' });
    release();
    expect(await second).toMatchObject({ state: 'found' });
  });

  it('reads Secrets only when it may, and gives facts only', async () => {
    expect(open().secret).toBeUndefined();
    catalog?.stop();
    const lookup = await open({ secrets: true }).secret?.('apps', 'keys', signal);
    expect(lookup).toEqual({ state: 'found', value: { keys: { key: { empty: false, headerSafe: false } } } });
  });

  it('reads an object live that the copy does not know', async () => {
    const opened = open();
    await ready(opened);
    server.put('late', undefined, true);
    expect(opened.namespace('apps').entry('late')).toBeUndefined();
    expect(await opened.live?.('MCPServerEntry', 'apps', 'late', signal)).toMatchObject({
      state: 'found',
      value: { kind: 'MCPServerEntry', remoteUrl: 'https://late.example/mcp' },
    });
    expect(await opened.live?.('MCPServer', 'apps', 'none', signal)).toEqual({ state: 'missing' });
  });

  it('tells of each failed read by kind and reason, and of none that found nothing', async () => {
    const told: string[] = [];
    const observer = { readFailed: (kind: string, reason: string) => told.push(`${kind} ${reason}`) };
    const opened = open({ secrets: true, readDeadlineMs: 1_000, observer });
    await ready(opened);
    for (const code of [403, 429, 500]) {
      server.once('get', status(code));
      await opened.configMap('apps', 'corp-ca', signal);
    }
    // A lost GET is sent once more.
    for (let i = 0; i < 2; i++) server.once('get', (_, response) => response.socket?.resetAndDestroy());
    await opened.secret?.('apps', 'keys', signal);
    server.once('get', () => {});
    await opened.live?.('MCPServerEntry', 'apps', 'late', signal);
    server.others.set(CONFIG_MAP, { data: { 'ca.crt': 5 } });
    await opened.configMap('apps', 'corp-ca', signal);
    await opened.configMap('apps', 'corp-ca', AbortSignal.abort());
    const failed = [...told];
    await opened.configMap('apps', 'none', signal);
    await opened.live?.('MCPServer', 'apps', 'none', signal);
    expect(told).toEqual(failed);
    expect(failed).toEqual([
      'ConfigMap refused',
      'ConfigMap throttled',
      'ConfigMap server-error',
      'Secret network',
      'MCPServerEntry timeout',
      'ConfigMap malformed',
      'ConfigMap given-up',
    ]);
  });

  it('lets who needs the first complete list wait for it', async () => {
    let release = () => {};
    server.once('list', (_, response, url) => {
      release = () => response.end(JSON.stringify(server.page(url)));
    });
    const opened = open();
    await until(() =>
      expect(opened.status().filter((kind) => kind.synced)).toHaveLength(TOOLHIVE_KINDS.length - 1),
    );
    expect(opened.readiness.complete).toBe(false);
    expect(await opened.readiness.wait(AbortSignal.abort())).toBe(false);
    const waited = opened.readiness.wait(signal);
    release();
    expect(await waited).toBe(true);
    expect(opened.readiness.complete).toBe(true);
  });
});

describe('a catalog of many namespaces', { timeout: 60_000 }, () => {
  const namespaces = Array.from({ length: 100 }, (_, index) => `team-${index}`);

  beforeEach(() => {
    server.collections = namespaces.flatMap((namespace) =>
      TOOLHIVE_KINDS.map((kind) => collectionPaths(kind, namespace)[0] ?? ''),
    );
    for (const namespace of namespaces) server.put(`first-${namespace}`, undefined, false, namespace);
  });

  const entriesOf = (opened: KubernetesCatalog, namespace: string) =>
    opened
      .namespace(namespace)
      .members('g')
      .map(({ metadata }) => metadata.name);

  it('follows every kind in each of them, and sees events in all', async () => {
    const opened = open({ namespaces });
    expect(opened.follows?.('team-0')).toBe(true);
    expect(opened.follows?.('other')).toBe(false);
    await ready(opened);
    expect(server.openWatches).toBe(namespaces.length * TOOLHIVE_KINDS.length);
    for (const namespace of namespaces) server.put(`second-${namespace}`, undefined, false, namespace);
    await until(() => {
      for (const namespace of namespaces)
        expect(entriesOf(opened, namespace)).toEqual([`first-${namespace}`, `second-${namespace}`]);
    });
    const paths = new Set(server.requests.map(({ url }) => url.pathname));
    // On a busy machine the first look at whether the API server is still there falls into this.
    paths.delete('/version');
    expect(paths.size, 'nothing but the given namespaces is read').toBe(server.collections.length);
    expect(opened.status().filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  it('asks for one list and one watch of each, and for a few watches a second from then on', async () => {
    await ready(open({ namespaces }));
    expect(server.count('list')).toBe(100 * TOOLHIVE_KINDS.length);
    expect(server.count('watch')).toBe(100 * TOOLHIVE_KINDS.length);
    const watches = server.requests.filter(({ operation }) => operation === 'watch');
    const seconds = watches.map(({ url }) => Number(url.searchParams.get('timeoutSeconds')));
    expect(seconds.reduce((sum, one) => sum + 1 / one, 0)).toBeLessThan(TOOLHIVE_KINDS.length / 3);
    expect(new Set(seconds).size, 'they do not end together').toBeGreaterThan(100);
  });

  it('reads a few lists at a time, also when all watches end with 410 Gone', async () => {
    let inFlight = 0;
    let most = 0;
    server.always((operation) =>
      operation === 'list'
        ? (_, response, url) => {
            most = Math.max(most, ++inFlight);
            response.on('close', () => inFlight--);
            response.end(JSON.stringify(server.page(url)));
          }
        : undefined,
    );
    const opened = open({ namespaces });
    await ready(opened);
    for (const namespace of namespaces) server.put(`late-${namespace}`, undefined, true, namespace);
    server.send('{"type":"ERROR","object":{"code":410}}\n');
    await until(() => {
      for (const namespace of namespaces) expect(entriesOf(opened, namespace)).toHaveLength(2);
    });
    expect(most).toBeLessThanOrEqual(5);
  });

  it('says which kind it does not follow in which namespace', async () => {
    let ahead = 0;
    const opened = open({ namespaces, clock: { ...systemClock, now: () => systemClock.now() + ahead } });
    await ready(opened);
    server.refused = (path) => path === collectionPaths('MCPServerEntry', 'team-7')[0];
    server.send('{"type":"ERROR","object":{"code":410}}\n');
    ahead += 200_000;
    server.bookmark();
    await until(() =>
      expect(opened.status().filter(isStale)).toMatchObject([
        { kind: 'MCPServerEntry', namespace: 'team-7', problem: 'the API server answered 403: no' },
      ]),
    );
    expect(opened.readiness.complete).toBe(true);
    expect(opened.ageMs('team-7')).toBeGreaterThan(200_000);
    expect(opened.ageMs('team-8')).toBeLessThan(200_000);
  });

  it('looks once for a kind that has no CRD, not once for each namespace', async () => {
    const { collections } = server;
    server.collections = collections.filter((path) => !path.endsWith('mcpgroups'));
    const opened = open({ namespaces, timing: { ...FAST, missingKind: 50 } });
    await ready(opened);
    const looks = () => server.requests.filter(({ operation }) => operation === 'look');
    await until(() => expect(looks().length).toBeGreaterThan(6));
    expect(new Set(looks().map(({ url }) => url.pathname))).toEqual(
      new Set(collectionPaths('MCPGroup', 'team-0')),
    );
    server.collections = collections;
    await until(() => expect(server.openWatches).toBe(100 * TOOLHIVE_KINDS.length));
  });
});

describe('connections that hang', () => {
  it('are left for others as soon as a request is not answered and a later one is', async () => {
    const opened = open({ timing: { ...FAST, heartbeat: 100 } });
    await ready(opened);
    server.put('a', undefined, true);
    server.once('get', () => {});
    await until(() => expect(opened.namespace('apps').entry('a')).toBeDefined());
    expect(server.count('list')).toBe(TOOLHIVE_KINDS.length);
    expect(server.requests.find(({ operation }) => operation === 'get')?.url.pathname).toBe('/version');
  });

  it('are not taken for such when the API server refuses or cannot be reached', async () => {
    const { heartbeat } = FAST;
    const sleep: Clock['sleep'] = (ms, signal) => systemClock.sleep(ms === heartbeat ? 1 : ms, signal);
    const opened = open({ clock: { ...systemClock, sleep } });
    await ready(opened);
    for (const code of [401, 403, 404, 500]) server.once('get', status(code));
    server.once('get', (_, response) => response.socket?.resetAndDestroy());
    await until(() => expect(server.count('get')).toBeGreaterThan(6));
    expect(server.count('watch')).toBe(TOOLHIVE_KINDS.length);
  });
});
