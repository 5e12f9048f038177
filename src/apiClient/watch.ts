import { StringDecoder } from 'node:string_decoder';
import { isRecord, textAt, valueAt } from '../kubernetes/record.ts';
import type { ApiClient, Chunks } from './client.ts';
import { ApiError, malformed, networkError, statusError, timedOut } from './errors.ts';
import { MAX_OBJECT_BYTES } from './list.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/** An event of a watch that is not an error. */
export interface Change {
  readonly type: ChangeType;
  /** As the API server sent it. */
  readonly object: unknown;
  /** The size of its JSON text. */
  readonly bytes: number;
}

const TYPES: ReadonlySet<unknown> = new Set<ChangeType>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

function isChangeType(type: unknown): type is ChangeType {
  return TYPES.has(type);
}

function toChange(line: string): Change {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw malformed('a line of the watch is not JSON');
  }
  const type = valueAt(event, 'type');
  const object = valueAt(event, 'object');
  if (type === 'ERROR') throw statusError(object);
  if (!isChangeType(type) || !isRecord(object)) throw malformed('a line of the watch is not an event');
  return { type, object, bytes: line.length };
}

/** The lines of a text that arrives in chunks; these may end anywhere, also inside a character. */
async function* linesOf(chunks: Chunks): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const lines = decoder.write(Buffer.from(chunk)).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield rest.join('') + line;
      rest = [];
      held = 0;
    }
    rest.push(last);
    held += last.length;
    if (held > MAX_OBJECT_BYTES) throw malformed(`an event is larger than ${MAX_OBJECT_BYTES} bytes`);
  }
  if (rest.join('').trim() !== '') throw malformed('the watch ended in the middle of an event');
}

export interface WatchOptions {
  /** The resourceVersion up to which everything is known. */
  readonly position: string;
  /** How long the API server shall keep the watch open. */
  readonly seconds: number;
  /** Milliseconds until the watch must have been accepted. */
  readonly answerMs: number;
  /** Milliseconds without an event or a bookmark after which the watch has failed. */
  readonly silenceMs: number;
  /** Its abort ends the watch; what it throws then is the reason of the abort. */
  readonly controller: AbortController;
  onAccepted(): void;
}

/**
 * Opens a watch and gives its events in order, bookmarks too, until the API server ends it. Throws an ApiError, also for an
 * ERROR event. Bytes that never become an event count as silence.
 */
export async function* watchChanges(
  api: ApiClient,
  path: string,
  options: WatchOptions,
): AsyncGenerator<Change, void> {
  const { position, seconds, answerMs, silenceMs, controller } = options;
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: position,
    timeoutSeconds: String(Math.round(seconds)),
  });
  const giveUp = (ms: number, error: () => ApiError) =>
    setTimeout(() => controller.abort(error()), ms).unref();
  let timer = giveUp(answerMs, () => timedOut(answerMs));
  try {
    const chunks = await api.watch(`${path}?${query}`, controller.signal);
    clearTimeout(timer);
    timer = giveUp(silenceMs, () => silent(silenceMs));
    options.onAccepted();
    for await (const line of linesOf(chunks)) {
      if (line.trim() === '') continue;
      yield toChange(line);
      timer.refresh();
    }
  } catch (error) {
    throw networkError(controller.signal.aborted ? controller.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
}

/** The resourceVersion of a bookmark. Throws an ApiError when it has none. */
export function bookmarkVersion(object: unknown): string {
  const version = textAt(object, 'metadata', 'resourceVersion');
  if (version === undefined) throw malformed('a bookmark has no resourceVersion');
  return version;
}

/** The watch brought nothing where at least a bookmark was due. */
export function silent(ms: number): ApiError {
  return new ApiError(
    'silent',
    `the watch brought neither an event nor a bookmark in ${Math.round(ms / 1_000)} s`,
  );
}
