import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ORIGIN = 'http://site';

/** The files of a folder and of all folders in it, as paths below it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

/** The file that a static server sends for a path; undefined when there is none. */
export function fileOf(folder: string, pathname: string): string | undefined {
  const path = join(folder, decodeURIComponent(pathname));
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
  return existsSync(file) ? file : undefined;
}

/** Where a path of a built site leads: to a file, and to an anchor that the file has. Else a word for what is missing. */
export function missingPart(folder: string, url: URL): 'file' | 'anchor' | undefined {
  const file = fileOf(folder, url.pathname);
  if (file === undefined) return 'file';
  const anchor = decodeURIComponent(url.hash.slice(1));
  if (anchor === '' || !file.endsWith('.html')) return undefined;
  return readFileSync(file, 'utf8').includes(` id="${anchor}"`) ? undefined : 'anchor';
}

/** The links within a built site that lead nowhere, one a line. */
export function brokenLinks(folder: string): string[] {
  const broken = new Set<string>();
  for (const page of filesBelow(folder).filter((name) => name.endsWith('.html'))) {
    const base = new URL(page.replace(/index\.html$/, ''), `${ORIGIN}/`);
    for (const [, target = ''] of readFileSync(join(folder, page), 'utf8').matchAll(
      / (?:href|src)="([^"]+)"/g,
    )) {
      const url = new URL(target.replaceAll('&#38;', '&'), base);
      if (url.origin !== ORIGIN) continue;
      const missing = missingPart(folder, url);
      if (missing) broken.add(`${page}: ${target} (no such ${missing})`);
    }
  }
  return [...broken];
}
