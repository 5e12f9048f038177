import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';

/** Opens pages of the site. Each page has a context of its own. */
export interface Pages {
  readonly url: string;
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
}

/** Waits until the playground has judged its first text. */
export async function untilJudged(page: Page): Promise<Page> {
  await page.getByText('objects checked').or(page.getByText('object checked')).waitFor();
  return page;
}

/** A group of tests in a browser; skipped when the machine has none. */
export function describeInBrowser(title: string, tests: (pages: Pages) => void): void {
  const site = inject('browserSite');
  describe.skipIf(site === undefined)(title, () => {
    const { url, browser: endpoint } = site ?? { url: '', browser: '' };
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.connect(endpoint);
    });
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
    });
    afterAll(() => browser.close());
    tests({
      url,
      open: async (path, options) => {
        const page = await (await browser.newContext(options)).newPage();
        await page.goto(`${url}/${path}`);
        return page;
      },
    });
  });
}
