import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { buildSite } from '../../scripts/site/siteBuild.ts';
import { serveSite } from '../../scripts/site/siteServer.ts';
import { findChromium } from '../support/chromium.ts';

/** The built site and a browser to look at it with. */
export interface BrowserSite {
  readonly url: string;
  /** Where the browser listens. */
  readonly browser: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent when the machine has no browser. */
    readonly browserSite: BrowserSite | undefined;
  }
}

/** Builds the site, serves it, and starts a browser. Without a browser the tests are skipped; under CI they fail. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = await findChromium(process.env);
  if ('missing' in found) {
    if (process.env.CI) throw new Error(found.missing);
    process.stderr.write(`browser: skipped: ${found.missing}\n`);
    provide('browserSite', undefined);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-site-'));
  await buildSite(folder);
  const server = await serveSite(folder, 0);
  const env = { ...(process.env as Record<string, string>), ...found.env };
  const browser = await chromium.launchServer({ executablePath: found.program, env });
  const { port } = server.address() as AddressInfo;
  provide('browserSite', { url: `http://127.0.0.1:${port}`, browser: browser.wsEndpoint() });
  return async () => {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true });
  };
}
