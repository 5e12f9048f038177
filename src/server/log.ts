import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { LIMITS, TIMING } from './limits.ts';

export type Log = Logger;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const FRAME = /^ {4}at .*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))$/;

/**
 * True for an error of the operating system: its message consists of a code, a call, and an address or path. Every other
 * message may quote what was read, e.g. that of JSON.parse.
 */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'errno' in error && typeof error.errno === 'number';
}

/** The frames of a stack, without its head: the head repeats the message, whose lines can look like frames. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const at = message === '' ? -1 : stack.indexOf(message);
  const lines = stack.slice(at < 0 ? 0 : at + message.length).split('\n');
  return lines.filter((line) => FRAME.test(line)).slice(0, 8);
}

/** An error in a log line: its type and where it was thrown, never a value that a message may quote. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(isSystemError(error) && { message: error.message.slice(0, 200) }),
    stack: framesOf(error).map((line) => line.trim()),
  };
}

const OPTIONS = {
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
  serializers: { err: errorFields },
};

/** Where log lines go. */
export interface LogSink {
  readonly log: Log;
  /**
   * Writes what still waits, before the process ends. Resolves when that is done or has taken too long; never rejects.
   * Nothing is logged after it.
   */
  flush(): Promise<void>;
}

/**
 * JSON lines on stdout. Lines that follow each other within {@link TIMING.logDelay} are written together. When the reader
 * is slow, lines wait up to a limit and are then dropped; a review never waits. A broken pipe does not stop the process.
 */
export function stdoutLog(level: LogLevel): LogSink {
  let giveUpAt = Number.POSITIVE_INFINITY;
  const stream = destination({
    fd: 1,
    sync: false,
    maxLength: LIMITS.logBacklog,
    // Without an end, a reader that does not read would keep the process from ending.
    retryEAGAIN: () => performance.now() < giveUpAt,
  });
  stream.on('error', () => {});
  // Not the stream's `minLength`, which copies all that waits with each line, nor pino's `periodicFlush`, which wakes an idle
  // process ten times a second for an empty write.
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const writeWaiting = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== '') stream.write(waiting);
    waiting = '';
  };
  const write = (line: string) => {
    waiting += line;
    if (waiting.length >= LIMITS.logBatch) writeWaiting();
    else timer ??= setTimeout(writeWaiting, TIMING.logDelay).unref();
  };
  let flushed: Promise<void> | undefined;
  // Not flushSync: that would overtake the write that is under way.
  const end = () =>
    new Promise<void>((resolve) => {
      writeWaiting();
      giveUpAt = performance.now() + TIMING.logFlush;
      // When the log is not read, the stream is destroyed; left open, it would be flushed once more at the exit.
      const giveUp = setTimeout(() => {
        stream.destroy();
        // A stream whose pipe broke does not close any more.
        resolve();
      }, TIMING.logFlush);
      stream.once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      stream.end();
    });
  return {
    log: pino({ ...OPTIONS, level }, { write }),
    flush: () => {
      flushed ??= end();
      return flushed;
    },
  };
}

/** A log whose lines go to a function, for `npm start` and tests. */
export function lineLog(level: LogLevel, write: (line: string) => void): LogSink {
  return { log: pino({ ...OPTIONS, level }, { write }), flush: async () => {} };
}
