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
 * Ties a running webhook to its process: SIGTERM and SIGINT stop it in order (exit code 0), a second one at once
 * (exit code 1), SIGUSR2 switches debug lines on and off. An error that nobody caught is logged, and serving goes
 * on: with this webhook gone, nobody could change the objects that it reviews.
 */
export function bindLifetime({ process, sink, level, stop }: LifetimeDeps): void {
  const { log } = sink;
  let stopping = false;
  const leave = (code: number) => {
    sink.flush();
    process.exit(code);
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
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
}
