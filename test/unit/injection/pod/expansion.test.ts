import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configPath } from '../../../../src/injection/config/configArgument.ts';
import { escapeExpansion, expand, LiteralEnv } from '../../../../src/injection/pod/expansion.ts';

const VALUES = new Map([
  ['A', 'a'],
  ['EMPTY', ''],
]);
const lookup = (name: string) => VALUES.get(name);

describe('the expansion of variables', () => {
  // The cases are those of Kubernetes' own table for its expansion.
  it.each([
    ['no dollar', 'no dollar'],
    ['$(A)', 'a'],
    ['x$(A)y$(A)', 'xaya'],
    ['$(EMPTY)', ''],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$A', '$A'],
    ['$', '$'],
    ['$$', '$'],
    ['a$', 'a$'],
    ['$(', '$('],
    ['$(A', '$(A'],
    ['$($(A)', '$($(A)'],
    ['$(A$(', '$(A$('],
    ['$()', '$()'],
    ['$x$(A)', '$xa'],
  ])('of %j is %j', (text, expanded) => {
    expect(expand(text, lookup)).toBe(expanded);
  });

  it('gives an escaped text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '(', ')', 'A', 'b') }), (text) => {
        expect(expand(escapeExpansion(text), lookup)).toBe(text);
      }),
    );
  });

  it('gives up on what becomes too long', () => {
    expect(expand('$(A)$(A)$(A)', lookup, 2)).toBeNull();
    expect(expand('$(A)bcd', lookup, 3)).toBeNull();
    expect(expand('$(A)bc', lookup, 3)).toBe('abc');
  });

  it('takes a row of "$(" without an end once through the text', () => {
    const row = '$('.repeat(500_000);
    expect(expand(row, lookup, row.length)).toBe(row);
  });
});

describe('the variables of a container', () => {
  it('that double each other thirty times are known to have a value, and are not written out', () => {
    const doubling = Array.from({ length: 30 }, (_, index) => ({
      name: `e${index + 1}`,
      value: `$(e${index})$(e${index})`,
    }));
    const env = [{ name: 'e0', value: 'x' }, ...doubling];
    const literals = new LiteralEnv(env);
    expect(literals.expand('$(e5)')).toBe('x'.repeat(32));
    expect(literals.expand('$(e30)')).toBeNull();
    expect(literals.has('e30')).toBe(true);
    const args = Array.from({ length: 200 }, (_, index) => `${index}$(e30)`);
    expect(configPath({ name: 'vmcp', args: [...args, '--config=/a/b.yaml'], env })).toBe('/a/b.yaml');
  });

  it('are together written out up to a limit', () => {
    const env = [{ name: 'long', value: 'x'.repeat(8_000) }];
    const literals = new LiteralEnv(env);
    const expanded = Array.from({ length: 1_000 }, () => literals.expand('$(long)'));
    expect(expanded.filter((text) => text !== null).length).toBeLessThan(200);
    expect(literals.expand('no variable')).toBe('no variable');
  });
});
