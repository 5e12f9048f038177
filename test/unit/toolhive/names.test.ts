import { describe, expect, it } from 'vitest';
import { headerManifestEnv } from '../../../src/toolhive/names.ts';

describe('the variable of forwarded headers', () => {
  /** Given by `NormalizeForEnvVar` of toolhive v0.47.0. */
  it.each([
    ['own-x', 'OWN_X'],
    ['Own.X', 'OWN_X'],
    ['own x/y', 'OWN_X_Y'],
    ['straße', 'STRA_E'],
    ['ﬁle', '_LE'],
    ['ıſ', 'IS'],
    ['é', '_'],
    ['😀', '_'],
    ['a_1', 'A_1'],
  ])('of backend %j ends with %s', (name, end) => {
    expect(headerManifestEnv(name)).toBe(`TOOLHIVE_HEADER_FORWARD_${end}`);
  });
});
