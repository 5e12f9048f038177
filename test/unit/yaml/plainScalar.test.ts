import { describe, expect, it } from 'vitest';
import { plainScalar } from '../../../src/yaml/plainScalar.ts';

describe('plainScalar', () => {
  it.each<[string, null | boolean | number | string]>([
    ['', null],
    ['~', null],
    ['NULL', null],
    ['nULL', 'nULL'],
    ['true', true],
    ['False', false],
    ['tRUE', 'tRUE'],
    ['yes', 'yes'],
    ['0', 0],
    ['+5', 5],
    ['1_000', 1000],
    ['0x1F', 31],
    ['-0b11', -3],
    ['0o17', 15],
    ['0777', 511],
    ['089', 89],
    ['1e3', 1000],
    ['.5', 0.5],
    ['-.Inf', '-.Inf'],
    ['.nan', '.nan'],
    ['2024-01-01', '2024-01-01'],
    ['12:30', '12:30'],
    ['1.2.3', '1.2.3'],
    ['0xg', '0xg'],
    ['-', '-'],
  ])('%j is %s', (text, value) => {
    expect(plainScalar(text)).toBe(value);
  });
});
