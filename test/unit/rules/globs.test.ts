import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesGlob } from '../../../src/rules/globs.ts';

it('matches as the regular expression of the glob does', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 });
  fc.assert(
    fc.property(glob, text, (pattern, name) => {
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`);
      expect(matchesGlob(name, [pattern])).toBe(regex.test(name));
    }),
    { numRuns: 1_000 },
  );
});

it('does not match a text whose end is a part of its beginning', () => {
  expect(matchesGlob('team', ['team*team'])).toBe(false);
  expect(matchesGlob('teamteam', ['team*team'])).toBe(true);
});

it('does not try all ways to match a name: that would take longer than the test may', () => {
  expect(matchesGlob('a'.repeat(253), [`${'*a'.repeat(100)}*b`])).toBe(false);
});
