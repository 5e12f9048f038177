import type { LogLevel, LogSink } from './log.ts';

/** The parts of a process that {@link bindSignals} uses; tests pass their own. */
export type ProcessLike = Pick<NodeJS.Process, 'on' | 'exit'>;

/** What {@link bindSignals} needs. */
export interface SignalDeps {
  readonly process: ProcessLike;
  readonly sink: LogSink;
  readonly level: LogLevel;
  /** Stops the webhook in order. */
  readonly stop: () => Promise<void>;
}

/**
 * Ties a webhook to its process. SIGTERM and SIGINT stop it in order (exit code 0), a second one ends it at once (exit
 * code 1), SIGUSR2 switches debug lines on and off. An uncaught exception or rejection is logged, then the webhook stops in
 * order with exit code 1: its state is unknown, and the other replicas answer. Must be called before anything starts: a
 * process with PID 1 ignores signals that it does not handle. Returns a function that says whether a stop has begun.
 */
export function bindSignals({ process, sink, level, stop }: SignalDeps): () => boolean {
  const { log } = sink;
  let stopping = false;
  let exitCode = 0;
  const leave = async () => {
    await sink.flush();
    process.exit(exitCode);
  };
  const begin = async () => {
    stopping = true;
    try {
      await stop();
      log.info('stopped');
    } catch (error) {
      exitCode = 1;
      log.error({ err: error }, 'stopping failed');
    }
    await leave();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      log.warn({ signal }, 'second signal: ending at once');
      exitCode = 1;
      void leave();
      return;
    }
    log.info({ signal }, 'signal received');
    void begin();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGUSR2', () => {
    log.level = log.level === 'debug' ? level : 'debug';
    log.warn({ now: log.level }, 'log level changed');
  });
  // Node reports an unhandled rejection here too, with its name as the origin.
  process.on('uncaughtException', (error, origin) => {
    exitCode = 1;
    log.error({ err: error, origin }, 'uncaught error: stopping');
    if (!stopping) void begin();
  });
  return () => stopping;
}
