import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, untilJudged } from './pages.ts';

/** A phone and a desk. */
const VIEWS = [
  { width: 360, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
] as const;

/** Pages that differ in how they are made. */
const PAGES = ['', 'playground/', 'docs/rules/remote-url-private.md/'];
/** The pages of docs/, which have tables and code that are wider than a phone. */
const DOCS = readdirSync(join(import.meta.dirname, '../../docs')).filter((name) => name.endsWith('.md'));

function overflowOf(page: Page): Promise<number> {
  return page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);
}

describeInBrowser('the site', ({ url, open }) => {
  it.each(VIEWS)(
    'fits and has no accessibility violation, $width pixels wide, $colorScheme',
    async ({ width, colorScheme }) => {
      const found: unknown[] = [];
      for (const path of PAGES) {
        const page = await open(path, { viewport: { width, height: 800 }, colorScheme });
        if (path === 'playground/') await untilJudged(page);
        const { violations } = await new AxeBuilder({ page }).analyze();
        for (const { id, nodes } of violations)
          found.push({ path, id, nodes: nodes.map(({ html }) => html) });
        expect(await overflowOf(page), path).toBe(0);
      }
      expect(found).toEqual([]);
    },
  );

  it('fits and has no accessibility violation with tables that are wider than a phone', async () => {
    const page = await open('', { viewport: { width: 360, height: 800 } });
    for (const path of ['docs/rules/README.md', ...DOCS.map((name) => `docs/${name}`)]) {
      await page.goto(`${url}/${path}/`, { waitUntil: 'domcontentloaded' });
      expect(await overflowOf(page), path).toBe(0);
    }
    await page.goto(`${url}/docs/support.md/`);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });

  it('has no accessibility violation in the Pod of the playground and in the search', async () => {
    const page = await untilJudged(await open('playground/'));
    await page.getByRole('tab', { name: 'Pod' }).click();
    await page.getByRole('cell', { name: 'left out' }).waitFor();
    const pod = await new AxeBuilder({ page }).analyze();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('searchbox').fill('certificate expires');
    await page.getByRole('link', { name: 'ca-bundle-expires-soon › Why' }).waitFor();
    const search = await new AxeBuilder({ page }).analyze();
    expect([...pod.violations, ...search.violations]).toEqual([]);
  });

  it('finds a rule by what kubectl printed, with the keyboard alone', async () => {
    const page = await open('');
    await page.keyboard.press('/');
    await page.keyboard.insertText('is a cloud metadata service');
    const first = page.getByRole('dialog').getByRole('listitem').first();
    await first.getByText('remote-url-blocked-host').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'remote-url-blocked-host', level: 1 }).waitFor();
  });

  it('keeps the theme that the reader chose', async () => {
    const page = await open('', { colorScheme: 'light' });
    await page.getByRole('button', { name: 'Dark' }).click();
    await page.reload();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.getByRole('button', { name: 'Light' }).waitFor();
  });
});
