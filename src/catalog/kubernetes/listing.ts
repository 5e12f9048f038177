import { StringDecoder } from 'node:string_decoder';
import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import type { ApiResult } from './failure.ts';
import { type Holdings, type Incoming, keyOf } from './holdings.ts';
import type { IdleGuard } from './idleGuard.ts';
import { type ListBudget, ListProgress } from './listBudget.ts';
import { ListScanner } from './listScanner.ts';
import { MalformedAnswer } from './malformed.ts';
import { listVersion, rawObject } from './rawObject.ts';
import { slicer } from './slices.ts';
import { readStream } from './stream.ts';
import type { ReflectorTiming } from './timing.ts';

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
  readonly signal: AbortSignal;
  readonly holdings: Holdings;
  /** Read every object again, also those that are held in the same version. */
  readonly always: boolean;
  /**
   * Any state that the API server remembers will do (`resourceVersion=0`, as client-go starts): it answers from memory and
   * in one go, where pages come from etcd at some 100 ms each. The watch that follows brings what is newer. Not for a
   * later list, which must not be older than what is known.
   */
  readonly anyVersion: boolean;
  /** Shared by all lists of a catalog. */
  readonly budget: ListBudget;
}

interface PageEnd {
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

function parseItem(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedAnswer('an item is no JSON');
  }
}

function readEnd(frame: unknown): PageEnd {
  const resourceVersion = listVersion(frame);
  if (resourceVersion === undefined) throw new MalformedAnswer('it is no list');
  const next = (frame as { metadata?: { continue?: unknown } }).metadata?.continue;
  return { resourceVersion, next: typeof next === 'string' && next !== '' ? next : undefined };
}

/** A list earns time by what it brings: one that drips a byte now and then would otherwise never end. */
async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  guard: IdleGuard,
  bytesPerMs: number,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    guard.earn(chunk.length / bytesPerMs);
    yield chunk;
  }
}

/** Reads the items of one page as they arrive, in slices. Throws MalformedAnswer. */
async function readPage(
  chunks: AsyncIterable<Uint8Array>,
  options: ListOptions,
  items: Incoming[],
  progress: ListProgress,
): Promise<PageEnd> {
  const decoder = new StringDecoder('utf8');
  const scanner = new ListScanner();
  const giveWay = slicer(options.clock, options.timing.slice);
  for await (const chunk of chunks) {
    progress.chunk(chunk.length);
    for (const text of scanner.push(decoder.write(chunk))) {
      const raw = parseItem(text);
      const identity = rawObject(raw);
      if (!identity) throw new MalformedAnswer('an item has no name or no resourceVersion');
      progress.item(identity);
      items.push(options.holdings.read(identity, raw, options.always));
      await giveWay();
    }
    await giveWay();
  }
  const end = readEnd(scanner.frame());
  progress.page(end.next !== undefined);
  return end;
}

async function listPages(options: ListOptions, progress: ListProgress): Promise<ApiResult<Listed>> {
  const { api, clock, timing, signal } = options;
  const items: Incoming[] = [];
  let next: string | undefined;
  while (true) {
    const query = new URLSearchParams({
      limit: String(timing.pageSize),
      ...(next !== undefined && { continue: next }),
      ...(next === undefined && options.anyVersion && { resourceVersion: '0' }),
    });
    const stream = {
      api,
      clock,
      signal,
      path: `${options.path}?${query}`,
      answerMs: timing.answer,
      idleMs: timing.answer,
    };
    const page = await readStream(stream, (chunks, guard) =>
      readPage(paced(chunks, guard, timing.bytesPerMs), options, items, progress),
    );
    if (page.kind === 'failed') return { ok: false, failure: page.failure };
    if (page.kind === 'idle') return { ok: false, failure: { kind: 'timeout', afterMs: timing.answer } };
    if (page.kind === 'aborted') return { ok: false, failure: { kind: 'aborted' } };
    next = page.value.next;
    if (next === undefined)
      return { ok: true, value: { items, resourceVersion: page.value.resourceVersion } };
  }
}

/** Lists everything in pages. Takes nothing over: a list that breaks off midway leaves no trace. */
export async function listAll(options: ListOptions): Promise<ApiResult<Listed>> {
  const progress = new ListProgress(options.budget, options.timing.pageSize);
  try {
    return await listPages(options, progress);
  } finally {
    progress.end();
  }
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
