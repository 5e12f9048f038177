import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiClient, makeApiClient } from '../../../src/apiClient/client.ts';
import { statusError } from '../../../src/apiClient/errors.ts';
import { listPages } from '../../../src/apiClient/list.ts';
import { FakeApiServer } from '../../support/fakeApiServer.ts';

const PATH = '/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries';

let server: FakeApiServer;
let api: ApiClient;
beforeEach(async () => {
  server = await FakeApiServer.start();
  api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
});
afterEach(async () => {
  api.close();
  await server.stop();
});

async function names(): Promise<string[]> {
  const all: string[] = [];
  for await (const { items } of listPages(api, PATH, 5_000))
    for (const item of items) all.push((item as { metadata: { name: string } }).metadata.name);
  return all;
}

const limits = () =>
  server.requests
    .filter(({ operation }) => operation !== 'get')
    .map(({ url }) => url.searchParams.get('limit'));

describe('a list in pages', () => {
  it('gives objects as the API server sent them, also what no schema would accept', async () => {
    server.put('a', { remoteUrl: 5, unknown: [null] });
    for await (const { items } of listPages(api, PATH, 5_000))
      expect(items).toEqual([...server.objects.values()]);
  });

  it('of large objects is read in smaller pages', async () => {
    const fill = 'x'.repeat(40_000);
    const all = Array.from({ length: 130 }, (_, index) => `e${String(index).padStart(3, '0')}`);
    for (const name of all) server.put(name, { fill });
    expect(await names()).toEqual(all);
    expect(limits()).toEqual(['250', '125', '63', '32', '32', '32', '32', '32']);
  });

  it('of one object that alone is larger than a page is read all the same', async () => {
    server.put('a', { fill: 'x'.repeat(3 * 1024 * 1024) });
    server.put('b');
    expect(await names()).toEqual(['a', 'b']);
    expect(limits().slice(-2)).toEqual(['1', '1']);
  });

  it('fails when one object is larger than any object can be', async () => {
    server.put('a', { fill: 'x'.repeat(9 * 1024 * 1024) });
    await expect(names()).rejects.toThrow('larger than 8388608 bytes');
  });
});

it('a list ends when the API server forgets every moment that it offers', async () => {
  let asked = 0;
  const forgetful: Pick<ApiClient, 'page'> = {
    async page() {
      asked++;
      throw statusError({ metadata: { continue: `token-${asked}` }, message: 'too old' }, 410);
    },
  };
  const pages = listPages(forgetful as ApiClient, PATH, 5_000, { acrossMoments: true });
  await expect(pages.next()).rejects.toThrow('the API server answered 410: too old');
  expect(asked).toBe(2);
});
