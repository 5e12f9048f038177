import { escapeHtml } from './highlight.ts';
import type { NavigationGroup } from './navigation.ts';
import { toRoot } from './sourcePages.ts';

/** A page of the site before it has its frame. */
export interface SitePage {
  /** The folder of the page; empty for the landing page. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  /** The content of `<main>`. */
  readonly html: string;
  /** A column beside the content, such as the list of its headings. */
  readonly aside?: string;
  /** Scripts and style sheets of assets/ beside those that every page has. */
  readonly assets?: readonly string[];
  readonly layout: 'landing' | 'document' | 'wide';
}

/**
 * A page loads nothing from anywhere else and sends nothing anywhere; its scripts are files of the site. The editor of the
 * playground writes style elements, so they are allowed there.
 */
function contentPolicy({ layout }: SitePage): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${layout === 'wide' ? " 'unsafe-inline'" : ''}`,
    "img-src 'self' data:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** The links in the head of every page. */
const MAIN = [
  ['Playground', 'playground'],
  ['Install', 'docs/install.md'],
  ['Rules', 'docs/rules/README.md'],
] as const;

function assetTag(root: string, name: string): string {
  return name.endsWith('.css')
    ? `<link rel="stylesheet" href="${root}assets/${name}">`
    : `<script type="module" src="${root}assets/${name}"></script>`;
}

function menu(groups: readonly NavigationGroup[], page: SitePage): string {
  const root = toRoot(page.path);
  const section = page.path.startsWith('docs/rules/') ? 'docs/rules/README.md' : page.path;
  return groups
    .map(({ title, links }) => {
      const items = links.map((link) => {
        const current = link.path === section ? ' aria-current="page"' : '';
        return `<li><a href="${root}${link.path}/"${current}>${escapeHtml(link.title)}</a></li>`;
      });
      return `<section><h2>${title}</h2><ul>${items.join('')}</ul></section>`;
    })
    .join('');
}

/** The whole HTML of a page. */
export function pageHtml(page: SitePage, groups: readonly NavigationGroup[]): string {
  const root = toRoot(page.path);
  const title = page.path === '' ? page.title : `${page.title} · vmcp-admission`;
  return `<!doctype html>
<html lang="en" class="${page.layout}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(page)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="description" content="${escapeHtml(page.description)}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${root}assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}assets/site.css">
<script src="${root}assets/theme.js"></script>
${['site.js', ...(page.assets ?? [])].map((name) => assetTag(root, name)).join('\n')}
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<a class="home" href="${root}">vmcp-admission</a>
<nav class="main" aria-label="Main">${MAIN.map(([title, path]) => `<a href="${root}${path}/">${title}</a>`).join('')}</nav>
<button type="button" id="search-open" aria-haspopup="dialog">Search <kbd>/</kbd></button>
<button type="button" id="menu-toggle" aria-expanded="false" aria-controls="menu">Menu</button>
<button type="button" id="theme-toggle">Dark</button>
</header>
<nav id="menu" aria-label="Documentation">${menu(groups, page)}</nav>
<main id="content" tabindex="-1">${page.html}
<footer>vmcp-admission is under the Apache License 2.0. <a href="${root}THIRD_PARTY_LICENSES.txt">Licences of what this site contains</a></footer>
</main>
${page.aside ?? ''}
<dialog id="search" aria-label="Search" data-root="${root}">
<form method="dialog"><input type="search" aria-label="Search the documentation" placeholder="A rule, a message, a word" autocomplete="off"><button>Close</button></form>
<p role="status" id="search-status"></p>
<ol id="search-results"></ol>
</dialog>
</body>
</html>
`;
}
