import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Sample } from '../../src/playground/samples.ts';
import { licenseNotices } from '../build/licenses.ts';
import { BROWSER_ENGINE } from './browserEngine.ts';
import { landingPage } from './landing.ts';
import { type NavigationGroup, navigation } from './navigation.ts';
import { pageHtml, type SitePage } from './pageShell.ts';
import { PLAYGROUND, playgroundSamples, rulePages } from './playgroundPage.ts';
import { searchIndex } from './searchIndex.ts';
import type { Section } from './siteMarkdown.ts';
import { readSources, type SourcePage, toRoot } from './sourcePages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ASSETS = join(import.meta.dirname, 'assets');

/** The headings of a long page. */
function contents(sections: readonly Section[]): string {
  const headings = sections.filter(({ level, id }) => level === 2 && id !== '');
  if (headings.length < 3) return '';
  const items = headings.map(
    ({ id, heading }) => `<li><a href="#${id}">${heading.replaceAll('<', '&lt;')}</a></li>`,
  );
  return `<nav id="contents" aria-label="On this page"><h2>On this page</h2><ul>${items.join('')}</ul></nav>`;
}

/** A link to the playground with what a rule refuses. */
function tryIt(path: string, title: string, samples: readonly Sample[]): string {
  const id = `rule-${title}`;
  if (!samples.some((sample) => sample.id === id)) return '';
  return `<p><a href="${toRoot(path)}playground/?example=${id}">Try the refused example in the playground</a></p>`;
}

function documentPage(page: SourcePage, samples: readonly Sample[]): SitePage {
  const { path, title, html, sections } = page;
  return {
    path,
    title,
    description: (sections[0]?.text ?? title).slice(0, 160),
    html: `<article>${html}${tryIt(path, title, samples)}</article>`,
    aside: contents(sections),
    layout: 'document',
  };
}

/** Writes into a folder of its own. */
class Output {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(name: string, text: string): void {
    writeFileSync(this.#path(name), text);
  }

  copy(from: string, name: string): void {
    copyFileSync(from, this.#path(name));
  }

  page(page: SitePage, groups: readonly NavigationGroup[]): void {
    this.write(join(page.path, 'index.html'), pageHtml(page, groups));
  }
}

/** Data as a module of JavaScript: pages may load scripts, but connect to nothing. */
function moduleOf(value: unknown): string {
  return `export default ${JSON.stringify(value)};\n`;
}

/** Bundles the scripts of the pages; resolves to the files that they are made of. */
async function bundleScripts(folder: string): Promise<string[]> {
  const options = {
    absWorkingDir: ROOT,
    outdir: join(folder, 'assets'),
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2023',
    metafile: true,
    logLevel: 'warning',
    legalComments: 'none',
  } as const;
  const results = await Promise.all([
    build({ ...options, format: 'iife', entryPoints: ['scripts/site/client/theme.ts'] }),
    build({ ...options, format: 'esm', entryPoints: ['scripts/site/client/site.ts'] }),
    build({
      ...{ ...options, ...BROWSER_ENGINE, format: 'esm' as const },
      entryPoints: [{ in: 'src/playground/page.ts', out: 'playground' }],
    }),
  ]);
  return results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}

/** Builds the whole site into a folder, which is emptied first. @throws for a page that links to a file that is not there. */
export async function buildSite(folder: string): Promise<void> {
  const { pages, files } = readSources(ROOT);
  const groups = navigation(pages);
  const samples = await playgroundSamples();
  const output = new Output(folder);
  for (const page of [await landingPage(), PLAYGROUND, ...pages.map((page) => documentPage(page, samples))])
    output.page(page, groups);
  // Who shortens the address of a rule gets the list of all rules.
  output.write('docs/rules/index.html', '<meta http-equiv="refresh" content="0; url=README.md/">\n');
  for (const file of files) output.copy(join(ROOT, file), file);
  for (const name of ['icon.svg', 'site.css']) output.copy(join(ASSETS, name), join('assets', name));
  output.write('assets/search-index.js', moduleOf(searchIndex(pages)));
  output.write('assets/rule-pages.js', moduleOf(rulePages(pages)));
  output.write('assets/playground-samples.js', moduleOf(samples));
  output.write('THIRD_PARTY_LICENSES.txt', await licenseNotices(ROOT, await bundleScripts(folder)));
}
