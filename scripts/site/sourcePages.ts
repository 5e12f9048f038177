import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type RenderedPage, renderMarkdown, type SiteLink } from './siteMarkdown.ts';

/** A Markdown file of the repository as a page. */
export interface SourcePage extends RenderedPage {
  /** Path in the repository; the page is a folder of that path on the site, so links in messages fit both. */
  readonly path: string;
}

/** All pages of the site that stand in the repository, and the other files that they link to. */
export interface Sources {
  readonly pages: readonly SourcePage[];
  readonly files: readonly string[];
}

/** The way from a page, or another folder of the site, to the root of the site. */
export function toRoot(path: string): string {
  return path === '' ? './' : '../'.repeat(path.split('/').length);
}

function markdownIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Reads pages and follows their links through the repository. */
class Reader {
  readonly #root: string;
  readonly pages = new Map<string, SourcePage>();
  readonly files = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  #text(path: string): string {
    return readFileSync(join(this.#root, path), 'utf8');
  }

  /** Where a link of a page leads on the site. @throws when the repository has no such file. */
  #link(from: string, target: string, found: string[]): SiteLink {
    if (/^[a-z]+:|^#/.test(target)) return { href: target };
    const [path = '', anchor] = target.split('#');
    const to = posix.join(posix.dirname(from), path);
    const file = join(this.#root, to);
    if (to.startsWith('..') || !existsSync(file) || !statSync(file).isFile())
      throw new Error(`${from} links to ${target}, which is not a file of the repository`);
    const href = toRoot(from) + to;
    if (!to.endsWith('.md')) {
      this.files.add(to);
      return { href };
    }
    found.push(to);
    const title = /^# (.*)$/m.exec(this.#text(to))?.[1] ?? to;
    return { href: `${href}/${anchor === undefined ? '' : `#${anchor}`}`, title };
  }

  read(path: string): void {
    if (this.pages.has(path)) return;
    const found: string[] = [];
    this.pages.set(path, {
      path,
      ...renderMarkdown(this.#text(path), (target) => this.#link(path, target, found)),
    });
    for (const next of found) this.read(next);
  }
}

/** Reads docs/, and what its pages link to. @throws for a link to what is not there. */
export function readSources(root: string): Sources {
  const reader = new Reader(root);
  for (const path of [...markdownIn(root, 'docs'), ...markdownIn(root, 'docs/rules'), 'CONTRIBUTING.md'])
    reader.read(path);
  for (const name of readdirSync(join(root, 'schemas'))) reader.files.add(`schemas/${name}`);
  return { pages: [...reader.pages.values()], files: [...reader.files] };
}
