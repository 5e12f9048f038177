import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { bindSignals, type ProcessLike, surviveErrors } from '../../../src/server/process.ts';
import { recordedLog, until } from './support.ts';

function fakeProcess(stop: () => Promise<void>) {
  const recorded = recordedLog('info');
  const exits: number[] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const deps = { process: process as unknown as ProcessLike, sink: recorded.sink };
  bindSignals({ ...deps, level: 'info', stop });
  surviveErrors(deps);
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

  it('logs an error that nobody caught, and goes on', () => {
    const { process, exits, lines } = fakeProcess(async () => {});
    process.emit('uncaughtException', new Error('boom'));
    process.emit('unhandledRejection', 'boom');
    expect(exits).toEqual([]);
    expect(lines.map((line) => [line.level, line.msg])).toEqual([
      ['error', 'uncaught exception'],
      ['error', 'unhandled rejection'],
    ]);
  });
});
