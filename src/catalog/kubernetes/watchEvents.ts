import { StringDecoder } from 'node:string_decoder';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch. */
export interface WatchEvent {
  readonly type: WatchEventType;
  readonly object: unknown;
}

/** A stream that is no watch; what came before it was complete. The message is for a log line. */
export class MalformedWatch extends Error {}

/** An object of etcd's 1.5 MiB, with room for what JSON escapes. */
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;

const TYPES: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function toEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new MalformedWatch('a line of the watch is no JSON');
  }
  const { type, object } = (event ?? {}) as { type?: unknown; object?: unknown };
  if (typeof type !== 'string' || !TYPES.has(type) || typeof object !== 'object' || object === null)
    throw new MalformedWatch('a line of the watch is no event');
  return { type: type as WatchEventType, object };
}

/**
 * Turns the chunks of a watch into events, line by line; chunks may end anywhere, also inside a character.
 * An unfinished last line is dropped: the watch that follows gets that event again.
 * Throws MalformedWatch for a line that is no event or too long, and whatever the chunks throw.
 */
export async function* watchEvents(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: () => void,
): AsyncGenerator<WatchEvent> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    onChunk();
    const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
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
    if (held > MAX_EVENT_BYTES) throw new MalformedWatch(`an event is larger than ${MAX_EVENT_BYTES} bytes`);
  }
}
