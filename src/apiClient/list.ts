import { setImmediate as breathe } from 'node:timers/promises';
import { textAt, valueAt } from '../kubernetes/record.ts';
import type { ApiClient } from './client.ts';
import { ApiError, malformed } from './errors.ts';

/** The largest object: etcd's 1.5 MiB, with room for the escapes of JSON. In bytes. */
export const MAX_OBJECT_BYTES = 8 * 1_024 * 1_024;
/** The largest page: it is parsed in one piece, which blocks the event loop for some 5 ms per MiB. */
const MAX_PAGE_BYTES = 2 * 1_024 * 1_024;
/** Objects in a page: 0.6 MiB with 2.5 KB each. */
const PAGE_SIZE = 250;

/** One page of a list, with its objects as the API server sent them: nothing in them has been looked at. */
export interface RawPage {
  readonly items: readonly unknown[];
  /** The size of its JSON text. */
  readonly bytes: number;
  /** The same for all pages of a list: the moment that the list shows, from which a watch can go on. */
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

function readPage(body: Buffer): RawPage {
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString('utf8'));
  } catch {
    throw malformed('the list is not JSON');
  }
  const items = valueAt(raw, 'items') ?? [];
  const resourceVersion = textAt(raw, 'metadata', 'resourceVersion');
  if (resourceVersion === undefined || !Array.isArray(items)) throw malformed('it is not a list');
  const next = textAt(raw, 'metadata', 'continue');
  if (next !== undefined && items.length === 0)
    throw malformed('a page of the list is empty and not the last');
  return { items, bytes: body.length, resourceVersion, next };
}

/** What is asked for of a list beside its path. */
export interface ListOptions {
  readonly labelSelector?: string | undefined;
  /**
   * Whether a list goes on with what is stored now, when it takes so long that the API server has forgotten the moment of its
   * first page; without it such a list fails. Right for a list that no watch goes on from.
   */
  readonly acrossMoments?: boolean;
}

/**
 * Lists a collection in pages. A page that is too large is asked for again with half as many objects, down to one. A page
 * whose moment the API server has forgotten is asked for once with the token that it gives instead. The caller bounds the
 * number of pages by what it takes. Throws an ApiError.
 */
export async function* listPages(
  api: ApiClient,
  path: string,
  deadlineMs: number,
  { labelSelector, acrossMoments = false }: ListOptions = {},
): AsyncGenerator<RawPage, void> {
  let limit = PAGE_SIZE;
  let next: string | undefined;
  let mayGoOn = acrossMoments;
  while (true) {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(next !== undefined && { continue: next }),
    });
    const maxBytes = limit === 1 ? MAX_OBJECT_BYTES : MAX_PAGE_BYTES;
    try {
      const page = readPage(await api.page(`${path}?${query}`, { deadlineMs, maxBytes }));
      yield page;
      if (page.next === undefined) return;
      next = page.next;
      mayGoOn = acrossMoments;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.reason === 'too-large' && limit > 1) limit = Math.ceil(limit / 2);
      else if (mayGoOn && error.continueToken !== undefined) {
        next = error.continueToken;
        mayGoOn = false;
      } else throw error;
    }
    // Parsing a page and taking it in are work of some milliseconds each; reviews are answered in between.
    await breathe();
  }
}
