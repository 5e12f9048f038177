import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toWarnings } from '../../../src/admission/warnings.ts';
import { oneLine, quoted } from '../../../src/text/line.ts';

describe('warnings', () => {
  it('leaves out the prefix that kubectl prints itself, empty ones, and repetitions', () => {
    expect(toWarnings(['Warning: a', 'a', '  ', 'b'])).toEqual(['a', 'b']);
  });

  it('shows six, and when there are more the sixth says how many and where they are', () => {
    const six = ['1', '2', '3', '4', '5', '6'];
    expect(toWarnings(six)).toEqual(six);
    expect(toWarnings([...six, '7', '8'])).toEqual([
      ...six.slice(0, 5),
      'and 3 more warnings; run `vmcp-admission check` to see all',
    ]);
  });

  it('never sends one that the API server would drop or cut, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 700 }), { maxLength: 12 }), (texts) => {
        const warnings = toWarnings(texts);
        expect(warnings.length).toBeLessThanOrEqual(6);
        for (const warning of warnings) {
          expect([...warning].length).toBeLessThanOrEqual(256);
          expect(warning).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(warning).not.toBe('');
        }
      }),
    );
  });
});

describe('a line of text', () => {
  it('is not changed when it is plain and short', () => {
    expect(oneLine('spec.a: "x" is fine', 100)).toBe('spec.a: "x" is fine');
  });

  it('is cut by characters, not inside one', () => {
    expect(oneLine('😀😀😀😀', 3)).toBe('😀😀…');
    expect(oneLine('😀😀😀', 3)).toBe('😀😀😀');
  });

  it('says that it was cut even when what was cut began with blanks', () => {
    expect(oneLine(`a${' '.repeat(1000)}b`, 10)).toBe('a…');
  });

  it('quotes a value so that its end can be seen', () => {
    expect(quoted('a"b\n')).toBe('"a\\"b"');
  });
});
