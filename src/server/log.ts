import { destination, type Logger, pino } from 'pino';
import { LIMITS, TIMING } from './timing.ts';

export type Log = Logger;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const FRAME = /^ {4}at .*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))$/;

/**
 * Only an error of the operating system says its message: it is made of a code, a call and an address or path of ours.
 * Every other message may quote what was read, such as that of JSON.parse.
 */
function mayQuoteNothing(error: Error): boolean {
  return 'syscall' in error && 'errno' in error && typeof error.errno === 'number';
}

/** The frames of a stack, without its head, which repeats the message; one of several lines can look like a frame. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const at = message === '' ? -1 : stack.indexOf(message);
  const lines = stack.slice(at < 0 ? 0 : at + message.length).split('\n');
  return lines.filter((line) => FRAME.test(line)).slice(0, 8);
}

/** An error in a log line: what kind and where, never the values that a message of foreign code may quote. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(mayQuoteNothing(error) && { message: error.message.slice(0, 200) }),
    stack: framesOf(error).map((line) => line.trim()),
  };
}

/** The time in ISO 8601, as a part of a line. Lines of one second share all but their milliseconds. */
function timestamps(): () => string {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    const current = Math.floor(now / 1_000);
    if (current !== second) text = new Date(current * 1_000).toISOString().slice(0, -'000Z'.length);
    second = current;
    return `,"time":"${text}${String(now - current * 1_000).padStart(3, '0')}Z"`;
  };
}

const options = () => ({
  base: null,
  timestamp: timestamps(),
  formatters: { level: (label: string) => ({ level: label }) },
  serializers: { err: errorFields },
});

/** Where log lines go. */
export interface LogSink {
  readonly log: Log;
  /**
   * Writes what is still waiting, before the process ends; resolves when that is done or has taken too long. Never
   * rejects. Nothing is logged after it.
   */
  flush(): Promise<void>;
}

/** A stream of lines, as pino wants one. */
export interface Lines {
  write(line: string): void;
}

/**
 * Lines that follow each other closely go on together: each write costs as much as a small review. A line after a pause
 * goes on at once.
 */
export function batched(lines: Lines): Lines & { readonly flush: () => void } {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === '') return;
    writtenAt = performance.now();
    const all = waiting;
    waiting = '';
    lines.write(all);
  };
  return {
    flush,
    write(line) {
      waiting += line;
      if (timer === undefined && performance.now() - writtenAt < TIMING.logDelay)
        timer = setTimeout(flush, TIMING.logDelay);
      if (timer === undefined || waiting.length >= LIMITS.logBatch) flush();
    },
  };
}

/**
 * JSON lines on stdout, written behind the back of the reviews: when the reader is slow, lines wait up to a limit
 * and are then dropped. A broken pipe is no reason to stop serving.
 */
export function stdoutLog(level: LogLevel): LogSink {
  let giveUpAt = Number.POSITIVE_INFINITY;
  const stream = destination({
    fd: 1,
    sync: false,
    maxLength: LIMITS.logBacklog,
    // Without an end a reader that does not read would keep the process from ending.
    retryEAGAIN: () => performance.now() < giveUpAt,
  });
  stream.on('error', () => {});
  const lines = batched(stream);
  let flushed: Promise<void> | undefined;
  // Ended and not written out at once: that would overtake the write that is under way.
  const end = () =>
    new Promise<void>((resolve) => {
      lines.flush();
      giveUpAt = performance.now() + TIMING.logFlush;
      // Nobody reads any more; there is nowhere to say so. Left open, it would be flushed once more at the exit.
      const timer = setTimeout(() => stream.destroy(), TIMING.logFlush);
      stream.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      stream.end();
    });
  return {
    log: pino({ ...options(), level }, lines),
    flush: () => {
      flushed ??= end();
      return flushed;
    },
  };
}

/** A log whose lines go to a function, for `npm start` and tests. */
export function lineLog(level: LogLevel, write: (line: string) => void): LogSink {
  return { log: pino({ ...options(), level }, { write }), flush: async () => {} };
}
