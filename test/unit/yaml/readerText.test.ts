import { describe, expect, it } from 'vitest';
import { textFault } from '../../../src/yaml/readerText.ts';

describe('textFault', () => {
  it.each([
    'a: b\n',
    'a: b\r\nc: d\r\n',
    'a: "\\u0001 \\u2028"\n',
    '\ufeffa: \u00e9\u{1f600}\ufeff\t\n',
    '# %YAML 1.2\na: b\n',
    '%YAML 1.1\n---\na: b\n',
    '%YAML 1.1 # old\r\n---\r\na: b\r\n',
    '%TAG ! x\n---\na: |\n  x\n%YAML 1.2\n',
  ])('finds nothing in %j', (text) => {
    expect(textFault(text)).toBeUndefined();
  });

  it.each([
    ['# \u0001\na: b', 'it has a control character at line 1'],
    ['a: b\nc: "\u007f"', 'it has a control character at line 2'],
    ['a: \u0080', 'it has a control character at line 1'],
    ['a: \ufffe', 'it has a control character at line 1'],
    ['# c\n\ufeffa: b', 'it has a byte order mark at line 2'],
  ])('%j: %s', (text, fault) => {
    expect(textFault(text)).toBe(fault);
  });

  it.each(['a: b\rc: d', '# a\u0085b: c', 'a: "b\u2028c"', 'a: b\u2029c'])(
    'finds a line break in %j',
    (text) => {
      expect(textFault(text)).toContain('it has a line break that YAML 1.2 does not know at line 1');
    },
  );

  it.each([
    '%YAML 1.2\n---\na: b',
    '\ufeff%YAML 1.2\n---\na: b',
    '# c\n\n%YAML 1.2\r\n---\r\na: b',
    '%YAML\n---\n',
    '%YAML 1.10\n---\n',
  ])('finds the directive of %j', (text) => {
    expect(textFault(text)).toContain('it has a %YAML directive other than "%YAML 1.1" at line');
  });
});
