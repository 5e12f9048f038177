import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { faultText, thrownFaultText } from '../../../src/yaml/fault.ts';

function thrownBy(text: string, maxAliasCount = 100): unknown {
  try {
    parseDocument(text, { merge: true }).toJS({ maxAliasCount });
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it.each([
  ['a: |x', 'quote a text that begins with |'],
  ['a: !e!x y', 'a tag (!) is not known'],
  ['a: "x', 'a character is missing'],
  ['a: b: c', 'a map or list begins in the middle of a line'],
  ['a: "\\x"', 'a backslash between double quotes'],
  ['a:\n\tb: 1', 'a tab stands where a line is indented'],
  ['a: @x', 'a character that YAML reserves'],
  ['a: &x &y z', 'two anchors'],
])('tells what is wrong with %j in words of its own', (text, words) => {
  const [error] = parseDocument(text, { prettyErrors: false }).errors;
  expect(faultText(error!)).toContain(words);
});

it.each([
  ['a: *x', 'has no anchor of its name'],
  ['a: &x 1\nb: {<<: *x}', 'merge key (<<) must be a map'],
  [`a: &x [1]\nb: &y [*x, *x]\nc: [${'*y,'.repeat(200)}]`, 'too many copies'],
])('tells what was thrown for %j', (text, words) => {
  expect(thrownFaultText(thrownBy(text))).toContain(words);
});

it('knows the other ways in which a text cannot be read', () => {
  expect(thrownFaultText(thrownBy('a: &x 1\nb: *x', 0))).toContain('not taken here');
  expect(thrownFaultText(new RangeError('Maximum call stack size exceeded'))).toContain('nested too deeply');
  expect(thrownFaultText('x')).toBe('something stands here that cannot be read');
  expect(thrownFaultText(new Error('CANARY'))).toBe('something stands here that cannot be read');
  expect(thrownFaultText(Object.assign(new Error('CANARY'), { code: 'CANARY' }))).not.toContain('CANARY');
});
