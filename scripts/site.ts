// `npm run site`: the documentation and the playground as one folder of static files, dist/site, or the folder that is
// given. `-- --serve` shows it on 127.0.0.1 as well; `npm run playground` does so, and names the page of the playground.
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brokenLinks } from './site/brokenLinks.ts';
import { buildSite } from './site/siteBuild.ts';
import { serveSite } from './site/siteServer.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    serve: { type: 'boolean' },
    port: { type: 'string', default: '8000' },
    open: { type: 'string', default: '' },
  },
});
const folder = positionals[0] ?? join(import.meta.dirname, '..', 'dist', 'site');
await buildSite(folder);
const broken = brokenLinks(folder);
for (const line of broken) console.error(line);
if (broken.length > 0) process.exitCode = 1;
console.log(folder);
if (values.serve) {
  const server = await serveSite(folder, Number(values.port)).catch(() => {
    console.log(`Port ${values.port} cannot be used, so the site gets a free one.`);
    return serveSite(folder, 0);
  });
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}/${values.open} (Ctrl+C ends it)`);
}
