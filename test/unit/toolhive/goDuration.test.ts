import { describe, expect, it } from 'vitest';
import { parseGoDuration } from '../../../src/toolhive/goDuration.ts';

describe('parseGoDuration', () => {
  it.each<[string, number | undefined]>([
    ['0', 0],
    ['30s', 30e9],
    ['1h30m', 5400e9],
    ['1.5s', 1.5e9],
    ['.5s', 0.5e9],
    ['1.s', 1e9],
    ['-1s', -1e9],
    ['+1s', 1e9],
    ['1µs', 1e3],
    ['1\u03bcs', 1e3],
    ['2562047h', 2562047 * 3600e9],
    ['2562048h', undefined],
    ['', undefined],
    ['-', undefined],
    ['5', undefined],
    ['00', undefined],
    ['s', undefined],
    ['.s', undefined],
    ['1d', undefined],
    ['1 s', undefined],
    ['1s ', undefined],
    ['--1s', undefined],
    ['1e3s', undefined],
  ])('%j is %s', (text, nanoseconds) => {
    expect(parseGoDuration(text)).toBe(nanoseconds);
  });
});
