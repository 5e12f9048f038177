import type { LogLevel, LogSink } from './log.ts';

/** The parts of a process that its lifetime hangs on; tests pass their own. */
export type ProcessLike = Pick<NodeJS.Process, 'on' | 'exit'>;

/** What happens to the process while a webhook runs. */
export interface LifetimeDeps {
  readonly process: ProcessLike;
  readonly sink: LogSink;
  readonly level: LogLevel;
  /** Stops in order. */
  readonly stop: () => Promise<void>;
}

/**
 * Ties a webhook to the signals of its process: SIGTERM and SIGINT stop it in order (exit code 0), a second one at once
 * (exit code 1), SIGUSR2 switches debug lines on and off. Bound before anything starts, since a process that is the first
 * of its container does not even end by a signal that it has not asked for. Returns whether a signal stops it already.
 */
export function bindSignals({ process, sink, level, stop }: LifetimeDeps): () => boolean {
  const { log } = sink;
  let stopping = false;
  const leave = (code: number) => {
    void sink.flush().then(() => process.exit(code));
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      log.warn({ signal }, 'second signal: ending at once');
      leave(1);
      return;
    }
    stopping = true;
    log.info({ signal }, 'signal received');
    stop().then(
      () => {
        log.info('stopped');
        leave(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        leave(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGUSR2', () => {
    log.level = log.level === 'debug' ? level : 'debug';
    log.warn({ now: log.level }, 'log level changed');
  });
  return () => stopping;
}

/**
 * From now on an error that nobody caught is logged, and serving goes on: with this webhook gone, nobody could change the
 * objects that it reviews. Not before it serves, or a start that failed would not end the process.
 */
export function surviveErrors({ process, sink: { log } }: Pick<LifetimeDeps, 'process' | 'sink'>): void {
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
}
