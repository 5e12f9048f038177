import MiniSearch from 'minisearch';
import { SEARCH_OPTIONS } from './searchOptions.ts';
import type { SourcePage } from './sourcePages.ts';

/** How much of the text of a section stands under a result. */
const SHOWN = 140;

/** The search index of all pages, as JSON. */
export function searchIndex(pages: readonly SourcePage[]): string {
  const index = new MiniSearch(SEARCH_OPTIONS);
  for (const { path, title, sections } of pages)
    for (const { heading, id, text } of sections) {
      const url = `${path}/${id === '' ? '' : `#${id}`}`;
      index.add({ id: url, url, title, heading, text, start: text.slice(0, SHOWN) });
    }
  return JSON.stringify(index);
}
