import { describe, expect, it } from 'vitest';
import { hasBehaviour, parseToolhiveVersion, type ToolhiveVersion } from '../../../src/toolhive/versions.ts';

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
