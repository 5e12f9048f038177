import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiClient, makeApiClient } from '../../../../src/apiClient/client.ts';
import { liveReads } from '../../../../src/catalog/kubernetes/liveReads.ts';
import { systemClock } from '../../../../src/catalog/kubernetes/timing.ts';
import { FakeApiServer, status } from '../../../support/fakeApiServer.ts';

const { signal } = new AbortController();
const SECRET = { metadata: { name: 'keys', namespace: 'apps' } };
let server: FakeApiServer;
let api: ApiClient;

beforeEach(async () => {
  server = await FakeApiServer.start();
  server.others.set('/api/v1/namespaces/apps/secrets/keys', SECRET);
  api = makeApiClient({ connect: async () => server.connection, userAgent: 'test/1' });
});
afterEach(async () => {
  api.close();
  await server.stop();
});

const failures: string[] = [];
const readsOf = (secrets: boolean) =>
  liveReads({
    api,
    deadlineMs: 5_000,
    observer: { readFailed: (kind, reason) => failures.push(`${kind} ${reason}`) },
    secrets,
    clock: systemClock,
  }).metadata;

describe('the metadata of an object', () => {
  it('are asked for without the rest of it', async () => {
    expect(await readsOf(true).secret?.('apps', 'keys', signal)).toEqual({ state: 'found', value: SECRET });
    expect(server.requests[0]?.headers.accept).toContain('as=PartialObjectMetadata');
  });

  it('of Secrets are not read unless Secrets may be', () => {
    expect(readsOf(false).secret).toBeUndefined();
  });

  it.each(['absent', '../secrets/keys', 'UPPER', ''])('are missing for %j', async (name) => {
    expect(await readsOf(true).secret?.('apps', name, signal)).toEqual({ state: 'missing' });
  });

  it('say why they cannot be read, and tell the observer', async () => {
    server.once('get', status(403, 'secrets is forbidden'));
    const lookup = await readsOf(true).secret?.('apps', 'keys', signal);
    expect(lookup).toMatchObject({ state: 'unavailable', reason: expect.stringContaining('forbidden') });
    server.once('get', (_, response) => response.end('<html>'));
    expect(await readsOf(true).secret?.('apps', 'keys', signal)).toMatchObject({ state: 'unavailable' });
    expect(failures).toEqual(['Secret refused', 'Secret malformed']);
  });

  it('are not asked for when there is no time left', async () => {
    expect(await readsOf(true).secret?.('apps', 'keys', AbortSignal.abort())).toMatchObject({
      state: 'unavailable',
    });
    expect(server.requests).toEqual([]);
  });
});
