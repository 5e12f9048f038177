import { StringDecoder } from 'node:string_decoder';
import { MAX_OBJECT_BYTES, MalformedAnswer } from './malformed.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch. */
export interface WatchEvent {
  readonly type: WatchEventType;
  readonly object: unknown;
}

const TYPES: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function toEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new MalformedAnswer('a line of the watch is no JSON');
  }
  const { type, object } = (event ?? {}) as { type?: unknown; object?: unknown };
  if (typeof type !== 'string' || !TYPES.has(type) || typeof object !== 'object' || object === null)
    throw new MalformedAnswer('a line of the watch is no event');
  return { type: type as WatchEventType, object };
}

/**
 * Turns the chunks of a watch into events, line by line; chunks may end anywhere, also inside a character.
 * Throws MalformedAnswer for a line that is no event, too long or unfinished when the answer properly ends, and whatever
 * the chunks throw.
 */
export async function* watchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const text = decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = parts.join('') + text.slice(from, end);
      parts = [];
      held = 0;
      from = end + 1;
      if (line.trim() !== '') yield toEvent(line);
    }
    if (from < text.length) parts.push(text.slice(from));
    held += text.length - from;
    if (held > MAX_OBJECT_BYTES)
      throw new MalformedAnswer(`an event is larger than ${MAX_OBJECT_BYTES} bytes`);
  }
  if (parts.join('').trim() !== '') throw new MalformedAnswer('the watch ended in the middle of an event');
}
