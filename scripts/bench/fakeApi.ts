// A Kubernetes API in one process: lists, watches that stay open, and ConfigMaps one by one, over HTTPS. It answers from
// memory, so that a review waits for little else than its own connection. One port for each size of cluster.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLURALS, STORED_VERSION, TOOLHIVE_GROUP } from '../../src/toolhive/kinds.ts';
import { FakeApiServer } from '../../test/support/fakeApiServer.ts';
import { clusterObjects } from './cluster.ts';
import { clusterConfigMaps } from './configMaps.ts';

const [folder = '.', ...sizes] = process.argv.slice(2);
const file = (name: string) => readFileSync(join(folder, name));
/** The cluster whose watches have ended and are not all open again. */
let expired: number | undefined;
const options = {
  tls: { cert: file('tls.crt'), key: file('tls.key') },
  token: 'bench',
  bookmarkEveryMs: 10_000,
  onWatch: ({ port, openWatches }: FakeApiServer) => {
    if (port !== expired || openWatches < Object.keys(PLURALS).length) return;
    expired = undefined;
    process.send?.({ allWatched: port });
  },
};
const configMaps = clusterConfigMaps(file('bundle.crt').toString());

async function serve(neighbours: number): Promise<FakeApiServer> {
  const server = await FakeApiServer.start(options);
  const objects = clusterObjects(neighbours);
  server.collections = [];
  for (const [kind, plural] of Object.entries(PLURALS))
    server.hold(
      `/apis/${TOOLHIVE_GROUP}/${STORED_VERSION}/${plural}`,
      kind,
      objects.filter((object) => object.kind === kind),
    );
  for (const configMap of configMaps) {
    const { namespace, name } = configMap.metadata;
    server.others.set(`/api/v1/namespaces/${namespace}/configmaps/${name}`, JSON.stringify(configMap));
  }
  return server;
}

const servers: FakeApiServer[] = [];
for (const size of sizes) servers.push(await serve(Number(size)));
const ports = servers.map(({ port }) => port);
process.stdout.write(`${JSON.stringify({ msg: 'listening', ports })}\n`);

process.on('message', ({ expire }: { readonly expire: number }) => {
  expired = expire;
  servers.find(({ port }) => port === expire)?.expireWatches();
});
process.on('disconnect', () => process.exit());
