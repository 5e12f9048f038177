import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeApiClient } from '../../../../src/catalog/kubernetes/apiClient.ts';
import {
  type KubernetesCatalog,
  type KubernetesCatalogOptions,
  kubernetesCatalog,
} from '../../../../src/catalog/kubernetes/kubernetesCatalog.ts';
import { collectionPaths } from '../../../../src/catalog/kubernetes/paths.ts';
import { REFLECTOR_TIMING } from '../../../../src/catalog/kubernetes/timing.ts';
import { TOOLHIVE_KINDS } from '../../../../src/toolhive/kinds.ts';
import { FakeApiServer, status } from './fakeApiServer.ts';

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
  const timing = { ...REFLECTOR_TIMING, backoff: { first: 4, max: 16 }, missingKind: 10 };
  const api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
  catalog = kubernetesCatalog({ api, timing, ...options });
  catalog.start();
  return catalog;
}

describe('the catalog of a cluster', () => {
  it('is ready after the first complete list of every kind, and not before', async () => {
    server.put('a');
    let release = () => {};
    server.once('list', (_, response, url) => {
      release = () => response.end(JSON.stringify(server.page(url)));
    });
    const opened = open();
    await vi.waitFor(() => expect(opened.status().filter((kind) => kind.synced)).toHaveLength(5));
    expect(opened.isReady()).toBe(false);
    expect(opened.ageMs()).toBeUndefined();
    release();
    await opened.ready;
    expect(opened.isReady()).toBe(true);
    expect(opened.ageMs()).toBeGreaterThanOrEqual(0);
    expect(opened.namespace('apps').members('g').entries).toHaveLength(1);
  });

  it('stays ready when the API server is lost', async () => {
    server.put('a');
    const opened = open();
    await opened.ready;
    await vi.waitFor(() => expect(server.openWatches).toBe(6));
    await server.stop();
    await vi.waitFor(async () =>
      expect((await opened.configMap('apps', 'x', signal)).state).toBe('unavailable'),
    );
    expect(opened.isReady()).toBe(true);
    expect(opened.namespace('apps').entry('a')).toBeDefined();
    server = await FakeApiServer.start();
  });

  it('follows only the namespaces that it is given', async () => {
    server.collections = TOOLHIVE_KINDS.flatMap((kind) =>
      ['x', 'y'].map((name) => collectionPaths(kind, name)[0] ?? ''),
    );
    const opened = open({ namespaces: ['x', 'y'] });
    await opened.ready;
    expect(opened.status()).toHaveLength(12);
    expect(server.requests.every(({ url }) => /\/namespaces\/[xy]\//.test(url.pathname))).toBe(true);
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
    await opened.ready;
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
    const opened = open({ secrets: true, readDeadlineMs: 100, observer });
    await opened.ready;
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
    await vi.waitFor(() => expect(opened.status().filter((kind) => kind.synced)).toHaveLength(5));
    expect(opened.readiness?.complete).toBe(false);
    expect(await opened.readiness?.wait(AbortSignal.abort())).toBe(false);
    const waited = opened.readiness?.wait(signal);
    release();
    expect(await waited).toBe(true);
    expect(opened.readiness?.complete).toBe(true);
  });
});
