import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hasBehaviour,
  parseToolhiveVersion,
  type ToolhiveVersion,
  TRIED,
} from '../../../src/toolhive/versions.ts';

it('the releases that were tried are those of the page', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/toolhive-versions.md'), 'utf8');
  const tried = [...page.matchAll(/^\| v(\d+)\.(\d+)[^|]*\| (?!nothing was run)/gm)].map(
    ([, major, minor]) => [Number(major), Number(minor)],
  );
  expect([tried[0], tried.at(-1)]).toEqual([TRIED.oldest, TRIED.newest]);
});

describe('a release of ToolHive', () => {
  it.each([
    ['v0.47.0', [0, 47]],
    ['0.47', [0, 47]],
    ['v1.2.3-rc.1', [1, 2]],
    ['v0.47.0+build', [0, 47]],
    ['latest', undefined],
    ['v0', undefined],
    ['', undefined],
    ['v0.47.x', undefined],
    ['0.47.0 ', undefined],
  ])('is read from %j', (text, version) => {
    expect(parseToolhiveVersion(text)).toEqual(version);
  });

  it.each<[ToolhiveVersion | undefined, boolean | undefined]>([
    [undefined, undefined],
    [[0, 9], false],
    [[0, 44], false],
    [[0, 45], undefined],
    [[0, 47], true],
    [[0, 63], true],
    [[1, 0], true],
  ])('%j heeds the time-outs of backends: %s', (version, heeds) => {
    expect(hasBehaviour('backend-timeouts', version)).toBe(heeds);
  });
});
