import { expect, it } from 'vitest';
import { parseDuration, parseGoDuration } from '../../../src/text/goDuration.ts';

/** Answers of Go 1.26's time.ParseDuration. */
it.each([
  ['0', 0n],
  ['-0', 0n],
  ['+5s', 5_000_000_000n],
  ['-5s', -5_000_000_000n],
  ['1h30m', 5_400_000_000_000n],
  ['.5s', 500_000_000n],
  ['1.s', 1_000_000_000n],
  ['1.0000000001s', 1_000_000_000n],
  ['100ns', 100n],
  ['11µs', 11_000n],
  ['11μs', 11_000n],
  ['9223372036854775807ns', 9_223_372_036_854_775_807n],
  ['-9223372036854775808ns', -9_223_372_036_854_775_808n],
  ['2562047h', 9_223_369_200_000_000_000n],
])('%j is %s nanoseconds', (text, nanoseconds) => {
  expect(parseGoDuration(text)).toEqual({ ok: true, nanoseconds });
});

it.each([
  ['', 'time: invalid duration ""'],
  ['3', 'time: missing unit in duration "3"'],
  ['60', 'time: missing unit in duration "60"'],
  ['-', 'time: invalid duration "-"'],
  ['s', 'time: invalid duration "s"'],
  ['.', 'time: invalid duration "."'],
  ['.s', 'time: invalid duration ".s"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['1 minute', 'time: unknown unit " minute" in duration "1 minute"'],
  ['5 minutes', 'time: unknown unit " minutes" in duration "5 minutes"'],
  [' 5s', 'time: invalid duration " 5s"'],
  ['5S', 'time: unknown unit "S" in duration "5S"'],
  ['1h 30m', 'time: unknown unit "h " in duration "1h 30m"'],
  ['2562048h', 'time: invalid duration "2562048h"'],
  ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
])('%j is refused with the error of Go', (text, error) => {
  expect(parseGoDuration(text)).toEqual({ ok: false, error });
});

it.each([
  ['10s', 10_000],
  ['1m0.5s', 60_500],
  ['250us', 0.25],
  ['0', 0],
  ['-1s', undefined],
  ['10', undefined],
  ['1s'.repeat(1_000), undefined],
])('%j is %s milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});
