import MiniSearch, { type SearchResult } from 'minisearch';
import { SEARCH_OPTIONS } from '../searchOptions.ts';

const MOST = 20;

let loaded: Promise<MiniSearch> | undefined;

/** The index, which is a module of its own: it is loaded when somebody searches. */
function index(root: string): Promise<MiniSearch> {
  loaded ??= import(new URL(`${root}assets/search-index.js`, location.href).href).then(
    ({ default: json }: { default: string }) => MiniSearch.loadJSON(json, SEARCH_OPTIONS),
  );
  return loaded;
}

function resultItem({ title, heading, url, start }: SearchResult, root: string): HTMLLIElement {
  const link = document.createElement('a');
  link.href = root + url;
  link.textContent = heading ? `${title} › ${heading}` : title;
  const text = document.createElement('p');
  text.textContent = start;
  const item = document.createElement('li');
  item.append(link, text);
  return item;
}

/** Moves the focus among the field and the results with the arrow keys. */
function moveFocus(dialog: HTMLDialogElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const stops = [...dialog.querySelectorAll<HTMLElement>('input, li a')];
  const next = stops[stops.indexOf(document.activeElement as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** Opens the search by its button, by `/` and by Ctrl+K, and shows results while somebody types. */
export function enableSearch(dialog: HTMLDialogElement, opener: HTMLButtonElement): void {
  const root = dialog.dataset.root ?? './';
  const input = dialog.querySelector('input') as HTMLInputElement;
  const list = dialog.querySelector('ol') as HTMLOListElement;
  const status = dialog.querySelector('[role=status]') as HTMLElement;
  const show = async () => {
    const text = input.value.trim();
    const options = {
      prefix: true,
      fuzzy: 0.15,
      boost: { title: 4, heading: 2 },
      combineWith: 'AND',
    } as const;
    const results = text === '' ? [] : (await index(root)).search(text, options);
    if (text !== input.value.trim()) return;
    status.textContent = text === '' ? '' : `${results.length} result${results.length === 1 ? '' : 's'}`;
    list.replaceChildren(...results.slice(0, MOST).map((result) => resultItem(result, root)));
  };
  const open = () => {
    dialog.showModal();
    input.select();
  };
  opener.addEventListener('click', open);
  input.addEventListener('input', () => void show());
  list.addEventListener('click', () => dialog.close());
  dialog.addEventListener('keydown', (event) => moveFocus(dialog, event));
  document.addEventListener('keydown', (event) => {
    const typing = (event.target as HTMLElement).closest('input, textarea, select, [contenteditable]');
    const wanted = (event.key === '/' && !typing) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
    if (!wanted || dialog.open) return;
    event.preventDefault();
    open();
  });
}
