import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { batched } from '../../../src/server/log.ts';
import { LIMITS, TIMING } from '../../../src/server/timing.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function recorded() {
  const writes: string[] = [];
  return { writes, lines: batched({ write: (text) => void writes.push(text) }) };
}

it('a log line after a pause is written at once, those that follow it closely together, in their order', () => {
  const { writes, lines } = recorded();
  for (const line of ['a\n', 'b\n', 'c\n']) lines.write(line);
  expect(writes).toEqual(['a\n']);
  vi.advanceTimersByTime(TIMING.logDelay);
  expect(writes).toEqual(['a\n', 'b\nc\n']);
  vi.advanceTimersByTime(TIMING.logDelay);
  lines.write('d\n');
  expect(writes).toEqual(['a\n', 'b\nc\n', 'd\n']);
});

it('many log lines do not wait for the time to be over, and none is left at the end', () => {
  const { writes, lines } = recorded();
  lines.write('first\n');
  const line = `${'x'.repeat(LIMITS.logBatch / 4)}\n`;
  for (let index = 0; index < 5; index++) lines.write(line);
  expect(writes).toEqual(['first\n', line.repeat(4)]);
  lines.flush();
  expect(writes).toEqual(['first\n', line.repeat(4), line]);
  vi.advanceTimersByTime(TIMING.logDelay);
  expect(writes).toHaveLength(3);
});
