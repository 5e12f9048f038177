import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What `npm publish` sends, as far as it is kept. */
interface Published {
  readonly name: string;
  readonly versions: Readonly<Record<string, object>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** A registry of npm packages on this machine, which knows only what was published to it. */
export interface NpmRegistry {
  readonly url: string;
  readonly close: () => void;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

/** Starts a registry that takes `npm publish` and answers `npm install` and npx. */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const packages = new Map<string, object>();
  const archives = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://registry').pathname;
    if (request.method === 'PUT') {
      const published = JSON.parse(await bodyOf(request)) as Published;
      packages.set(`/${published.name}`, published);
      for (const [file, { data }] of Object.entries(published._attachments))
        archives.set(`/${published.name}/-/${file}`, Buffer.from(data, 'base64'));
      response.writeHead(201).end('{}');
      return;
    }
    const found = archives.get(path) ?? JSON.stringify(packages.get(path) ?? { error: 'not found' });
    response.writeHead(packages.has(path) || archives.has(path) ? 200 : 404).end(found);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}
