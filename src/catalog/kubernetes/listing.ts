import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import type { ApiResult } from './failure.ts';
import { type Holdings, type Incoming, keyOf } from './holdings.ts';
import { isOlder, listVersion, rawObject } from './rawObject.ts';
import type { ReflectorTiming } from './timing.ts';

/** 500 objects of the largest size do not fit; then smaller pages are asked for. */
const MAX_PAGE_BYTES = 48 * 1024 * 1024;
/** A server that never ends a list is wrong; 10,000 pages are five million objects. */
const MAX_PAGES = 10_000;

/** A complete list, not yet taken over. */
export interface Listed {
  readonly items: readonly Incoming[];
  readonly resourceVersion: string;
}

export interface ListOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly timing: ReflectorTiming;
  readonly path: string;
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly holdings: Holdings;
  /** Where the last watch stood; a list older than that is of another history, and every object is read again. */
  readonly position: string | undefined;
  onPage(): void;
}

/** Gives way to everything else whenever a slice of work is used up. */
export function slicer(clock: Clock, sliceMs: number): () => Promise<void> | undefined {
  let started = clock.now();
  return () => {
    if (clock.now() - started < sliceMs) return undefined;
    return clock.pause().then(() => {
      started = clock.now();
    });
  };
}

interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

function readPage(raw: unknown): Page | undefined {
  const { items, metadata } = (raw ?? {}) as { items?: unknown; metadata?: { continue?: unknown } | null };
  const resourceVersion = listVersion(raw);
  if (resourceVersion === undefined || (items !== null && items !== undefined && !Array.isArray(items)))
    return undefined;
  const next = metadata?.continue;
  return {
    items: items ?? [],
    resourceVersion,
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/** Lists everything in pages, read in slices. Takes nothing over: a list that breaks off midway leaves no trace. */
export async function listAll(options: ListOptions): Promise<ApiResult<Listed>> {
  const { api, timing, signal, holdings } = options;
  const items: Incoming[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = new URLSearchParams({
      limit: String(options.pageSize),
      ...(next ? { continue: next } : {}),
    });
    const limits = { signal, deadlineMs: timing.answer, maxBytes: MAX_PAGE_BYTES };
    const answered = await api.get(`${options.path}?${query}`, limits);
    if (!answered.ok) return answered;
    const page = readPage(answered.value);
    if (!page) return { ok: false, failure: { kind: 'malformed', message: 'it is no list' } };
    options.onPage();
    const always = options.position !== undefined && isOlder(page.resourceVersion, options.position);
    const giveWay = slicer(options.clock, timing.slice);
    for (const raw of page.items) {
      const identity = rawObject(raw);
      if (!identity)
        return { ok: false, failure: { kind: 'malformed', message: 'an item has no name or version' } };
      items.push(holdings.read(identity, raw, always));
      await giveWay();
      if (signal.aborted) return { ok: false, failure: { kind: 'aborted' } };
    }
    if (page.next === undefined) return { ok: true, value: { items, resourceVersion: page.resourceVersion } };
    next = page.next;
  }
  return { ok: false, failure: { kind: 'malformed', message: `the list has more than ${MAX_PAGES} pages` } };
}

/** Takes a complete list over: puts what is new or changed, then drops what is gone. In slices. */
export async function takeOver(
  items: readonly Incoming[],
  holdings: Holdings,
  giveWay: () => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const gone = new Set(holdings.keys());
  for (const item of items) {
    gone.delete(keyOf(item.identity));
    holdings.take(item);
    await giveWay();
    if (signal.aborted) return;
  }
  for (const key of gone) {
    holdings.drop(key);
    await giveWay();
    if (signal.aborted) return;
  }
}
