// A Kubernetes API in one process: list (paged), watch (stays open), and ConfigMaps one by one, over HTTPS. It answers
// from memory, so that a review waits for little else than its own connection. Two ports: a small and a large cluster.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PLURALS, STORED_VERSION, TOOLHIVE_GROUP } from '../../src/toolhive/kinds.ts';
import { clusterObjects, type KubernetesObject } from './cluster.ts';
import { clusterConfigMaps } from './configMaps.ts';

const RESOURCE_VERSION = '5000';
const [folder = '.', ...sizes] = process.argv.slice(2);
const tls = { cert: readFileSync(join(folder, 'tls.crt')), key: readFileSync(join(folder, 'tls.key')) };

type Answer = (url: URL, response: ServerResponse) => void;

function send(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function sendStatus(response: ServerResponse, code: number, reason: string): void {
  send(
    response,
    code,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason }),
  );
}

/** The watches that are open, by port of the cluster. */
const watches = new Map<number, Set<ServerResponse>>();
const GONE = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired' };

/** A watch without events: it only stays open, with a bookmark at its start. */
function watch(kind: string, response: ServerResponse): void {
  const port = response.socket?.localPort ?? 0;
  const open = watches.get(port) ?? new Set();
  watches.set(port, open.add(response));
  if (open.size === Object.keys(PLURALS).length) process.send?.({ allWatched: port });
  response.on('close', () => open.delete(response));
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const object = {
    kind,
    apiVersion: `${TOOLHIVE_GROUP}/${STORED_VERSION}`,
    metadata: { resourceVersion: RESOURCE_VERSION },
  };
  response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  const timer = setInterval(
    () => response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`),
    10_000,
  );
  response.on('close', () => clearInterval(timer));
}

/** A list in pages, as `limit` and `continue` ask. Items are kept as text, so that a page is joined and not written. */
function listOf(kind: string, items: readonly string[]): Answer {
  return (url, response) => {
    if (url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1')
      return watch(kind, response);
    const from = Number(url.searchParams.get('continue') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 0) || items.length;
    const next =
      from + limit < items.length
        ? { continue: String(from + limit), remainingItemCount: items.length - from - limit }
        : {};
    const metadata = JSON.stringify({ resourceVersion: RESOURCE_VERSION, ...next });
    send(
      response,
      200,
      `{"apiVersion":"${TOOLHIVE_GROUP}/${STORED_VERSION}","kind":"${kind}List","metadata":${metadata},"items":[${items.slice(from, from + limit).join(',')}]}`,
    );
  };
}

function routes(neighbours: number, configMaps: readonly KubernetesObject[]): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  const objects = clusterObjects(neighbours);
  for (const [kind, plural] of Object.entries(PLURALS)) {
    const items = objects.filter((object) => object.kind === kind).map((object) => JSON.stringify(object));
    answers.set(`/apis/${TOOLHIVE_GROUP}/${STORED_VERSION}/${plural}`, listOf(kind, items));
  }
  for (const configMap of configMaps) {
    const { namespace, name } = configMap.metadata;
    const text = JSON.stringify(configMap);
    answers.set(`/api/v1/namespaces/${namespace}/configmaps/${name}`, (_, response) =>
      send(response, 200, text),
    );
  }
  return answers;
}

function serve(answers: ReadonlyMap<string, Answer>): Promise<number> {
  const server = createServer({ ...tls, keepAliveTimeout: 600_000 }, (request: IncomingMessage, response) => {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const answer = answers.get(url.pathname);
    if (request.headers.authorization !== 'Bearer bench') return sendStatus(response, 401, 'Unauthorized');
    if (request.method !== 'GET' || !answer) return sendStatus(response, 404, 'NotFound');
    answer(url, response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const caBundle = readFileSync(join(folder, 'bundle.crt'), 'utf8');
const configMaps = clusterConfigMaps(caBundle);
const ports: number[] = [];
for (const size of sizes) ports.push(await serve(routes(Number(size), configMaps)));
process.stdout.write(`${JSON.stringify({ msg: 'listening', ports })}\n`);

// All watches of a cluster end with 410 Gone, so everything is listed again.
process.on('message', ({ expire }: { readonly expire: number }) => {
  const open = [...(watches.get(expire) ?? [])];
  // Gone at once, so that the watches that follow are counted from nothing.
  watches.delete(expire);
  for (const response of open) response.end(`${JSON.stringify({ type: 'ERROR', object: GONE })}\n`);
});
process.on('disconnect', () => process.exit());
