import { describe, expect, it } from 'vitest';
import { chooseNames, type NamesInUse, type Wish } from '../../../../src/injection/pod/variableNames.ts';

const FREE: NamesInUse = { sets: () => false, reads: () => false, mayImport: () => false, fixed: new Map() };
const A = { name: 'V', purpose: 'a' };
const B = { name: 'V', purpose: 'b' };

function choose(wishes: readonly Wish[], inUse: Partial<NamesInUse> = {}): string[] {
  const nameOf = chooseNames(wishes, { ...FREE, ...inUse });
  return wishes.map(({ name, purpose }) => nameOf({ name, purpose }));
}

describe('the variable of a purpose', () => {
  it('has the name that ToolHive gives it when nothing else wants that', () => {
    expect(choose([A, A, { name: 'W', purpose: 'a' }])).toEqual(['V', 'V', 'W']);
  });

  it.each<[string, readonly Wish[], Partial<NamesInUse>]>([
    ['another purpose wants it', [A, B], {}],
    ['the owner sets it', [A], { sets: (name) => name === 'V' }],
    ['the base config reads it', [A], { reads: (name) => name === 'V' }],
    ['an envFrom may set it', [A], { mayImport: () => true }],
    ['the base config uses it for another purpose', [A], { fixed: new Map([['V', 'c']]) }],
  ])('has a hash of the purpose when %s', (_, wishes, inUse) => {
    const names = choose(wishes, inUse);
    for (const name of names) expect(name).toMatch(/^V_[0-9A-F]{16}$/);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps the name that the base config uses for the same purpose', () => {
    const inUse = { fixed: new Map([['V', 'a']]), reads: (name: string) => name === 'V' };
    expect(choose([A, B], inUse)).toEqual(['V', expect.stringMatching(/^V_/)]);
  });

  it('is never the variable of somebody who wishes for the hashed name', () => {
    const [hashed = ''] = choose([A, B]);
    const names = choose([A, B, { name: hashed, purpose: 'attacker' }]);
    expect(names[2]).toBe(hashed);
    expect(new Set(names).size).toBe(3);
  });

  it('is never a hashed name that the owner uses', () => {
    const [hashed = ''] = choose([A, B]);
    expect(choose([A, B], { sets: (name) => name === hashed })[0]).not.toBe(hashed);
  });

  it('does not depend on the order of the wishes', () => {
    expect(choose([B, A])).toEqual(choose([A, B]).reverse());
  });
});
