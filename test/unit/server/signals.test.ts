import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { bindSignals, type ProcessLike } from '../../../src/server/signals.ts';
import { recordedLog, until } from './support.ts';

function fakeProcess(stop: () => Promise<void>) {
  const recorded = recordedLog('info');
  const exits: number[] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  bindSignals({ process: process as unknown as ProcessLike, sink: recorded.sink, level: 'info', stop });
  return { process, exits, ...recorded };
}

describe('the process', () => {
  it.each(['SIGTERM', 'SIGINT'])('stops in order on %s and ends with 0', async (signal) => {
    let finish = () => {};
    const { process, exits } = fakeProcess(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    process.emit(signal, signal);
    expect(exits).toEqual([]);
    finish();
    await until(() => exits.length > 0);
    expect(exits).toEqual([0]);
  });

  it('ends with 1 at once on a second signal, of either kind', async () => {
    const { process, exits } = fakeProcess(() => new Promise(() => {}));
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    await until(() => exits.length > 0);
    expect(exits).toEqual([1]);
  });

  it('ends with 1 when stopping fails', async () => {
    const { process, exits } = fakeProcess(() => Promise.reject(new Error('no')));
    process.emit('SIGTERM', 'SIGTERM');
    await until(() => exits.length > 0);
    expect(exits).toEqual([1]);
  });

  it('switches debug lines on and off on SIGUSR2', () => {
    const { process, log } = fakeProcess(async () => {});
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(log.level).toBe('debug');
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(log.level).toBe('info');
  });

  it('logs an uncaught error, stops in order and ends with 1', async () => {
    let stops = 0;
    let finish = () => {};
    const { process, exits, lines } = fakeProcess(() => {
      stops++;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    process.emit('uncaughtException', new Error('boom'), 'uncaughtException');
    process.emit('uncaughtException', 'again', 'unhandledRejection');
    expect([stops, exits]).toEqual([1, []]);
    finish();
    await until(() => exits.length > 0);
    expect(exits).toEqual([1]);
    expect(lines.map(({ level, msg, origin }) => [level, msg, origin])).toEqual([
      ['error', 'uncaught error: stopping', 'uncaughtException'],
      ['error', 'uncaught error: stopping', 'unhandledRejection'],
      ['info', 'stopped', undefined],
    ]);
  });

  it('ends with 1 when an error comes while it stops', async () => {
    let finish = () => {};
    const { process, exits } = fakeProcess(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('uncaughtException', new Error('boom'), 'uncaughtException');
    finish();
    await until(() => exits.length > 0);
    expect(exits).toEqual([1]);
  });
});
