import { describe, expect, it } from 'vitest';
import { readBaseConfig } from '../../../../src/injection/config/baseConfig.ts';
import { createInjector } from '../../../../src/injection/injector.ts';
import {
  BASE,
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf } from '../support/fixtures.ts';

const TAIL = 'outgoingAuth: {source: inline}\n';
const LARGE = 'aliases (*) and merges (<<) stand for more than 262144 characters';
const MANY = 'it has more than 100000 names, values and punctuation marks';
const DEEP = 'nested more than 100 levels deep';
const BRACKETS = 'more than 100 brackets or braces inside each other';

function list(count: number, item: (index: number) => string, separator = ', '): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(separator);
}

async function faultOf(text: string): Promise<string | undefined> {
  const read = await readBaseConfig(text, async () => {});
  return read.ok ? undefined : read.message;
}

describe('a base config that would expand to more than it is', () => {
  it.each<[what: string, text: string]>([
    ['one long text, 98 times', `a: &a "${'x'.repeat(3_000)}"\nb: [${list(98, () => '*a')}]\n`],
    [
      'one long backend, 98 times',
      `backends: [&a {name: "${'x'.repeat(3_000)}"}, ${list(98, () => '*a')}]\n`,
    ],
    ['one long list, 98 times', `a: &a [${list(3_000, () => 'x')}]\nb: [${list(98, () => '*a')}]\n`],
    ['a list of nulls, many times', `a: &a\n${'-\n'.repeat(1_000)}b: [${list(1_000, () => '*a')}]\n`],
    [
      'lists of lists',
      `${list(12, (i) => `a${i}: &a${i} [${i ? list(9, () => `*a${i - 1}`) : 'x'}]\n`, '')}`,
    ],
    [
      'one mapping, merged many times',
      `m: &m {${list(2_000, (i) => `k${i}: v`)}}\nl: [${list(200, () => '{<<: *m}')}]\n`,
    ],
    [
      'mappings that merge each other',
      `${list(1_000, (i) => `a${i}: &a${i} {k${i}: v${i ? `, <<: *a${i - 1}` : ''}}\n`, '')}`,
    ],
    ['a long key, many times', `a: &a {${'k'.repeat(900)}: x}\nb: [${list(500, () => '*a')}]\n`],
  ])('is refused: %s', async (_, text) => {
    expect(await faultOf(text + TAIL)).toContain(LARGE);
  });

  it.each<[what: string, text: string]>([
    ['10,000 anchors', list(10_000, (i) => `k${i}: &a${i} x${i}\n`, '')],
    ['5,000 anchors, each used once', list(5_000, (i) => `k${i}: &a${i} x${i}\nl${i}: *a${i}\n`, '')],
    ['an anchor used 10,000 times', `a: &a x\nl:\n${'- *a\n'.repeat(10_000)}`],
    ['an anchor defined 5,000 times', list(5_000, (i) => `k${i}: &a x${i}\nl${i}: *a\n`, '')],
  ])('is read when it is not: %s', async (_, text) => {
    expect(await faultOf(text + TAIL)).toBeUndefined();
  });

  it('shares the value of an anchor among its aliases', async () => {
    const read = await readBaseConfig(
      `backends: [&a {name: a, metadata: {b: c}}, *a, *a]\n${TAIL}`,
      async () => {},
    );
    const [first, second, third] = read.ok ? read.value.backends : [];
    expect(first?.value).toBe(second?.value);
    expect(second?.value).toBe(third?.value);
  });
});

describe('a base config with too much in it', () => {
  it.each<[what: string, text: string, message: string]>([
    ['a list of 100,000 texts', `l: [${list(100_000, () => 'a', ',')}]\n`, MANY],
    ['a mapping of 50,000 keys', list(50_000, (i) => `k${i}:\n`, ''), MANY],
    ['100,000 empty lines', `a: b\n${'\n'.repeat(100_000)}`, MANY],
    ['100,000 anchors on one value', `a: ${'& '.repeat(100_000)}b\n`, MANY],
    ['brackets', `l: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`, BRACKETS],
    ['brackets that do not close', `l: ${'['.repeat(90_000)}\n`, BRACKETS],
    ['braces', `l: ${'{a: '.repeat(101)}${'}'.repeat(101)}\n`, BRACKETS],
    ['lists', `l:\n${'- '.repeat(200)}a\n`, DEEP],
    ['mappings', `${list(200, (i) => `${' '.repeat(i)}a:\n`, '')}`, DEEP],
    ['20,000 lists inside each other', `l:\n${'- '.repeat(20_000)}a\n`, 'nested too deeply'],
  ])('is refused: %s', async (_, text, message) => {
    expect(await faultOf(text + TAIL)).toContain(message);
  });

  it.each<[what: string, text: string]>([
    [
      '2,000 backends',
      `backends:\n${list(2_000, (i) => `  - {name: b${i}, url: "https://b${i}.example.com"}\n`, '')}`,
    ],
    [
      '3,500 policies',
      `incomingAuth:\n${list(3_500, (i) => `  - permit(principal, action, resource == Tool::"tool-${i}");\n`, '')}`,
    ],
    ['a text of 250,000 characters', `a: "${'x'.repeat(250_000)}"\n`],
    ['a text of 120,000 lines', `a: |\n${' x\n'.repeat(80_000)}`],
    ['100 levels', `l: ${'['.repeat(98)}${']'.repeat(98)}\n`],
  ])('is read when it is only long: %s', async (_, text) => {
    expect(await faultOf(text + TAIL)).toBeUndefined();
  });
});

describe('a base config that refers to itself', () => {
  it.each([
    ['a list in itself', 'a: &a [*a]\n'],
    ['a mapping in itself', 'a: &a {b: *a}\n'],
    ['a mapping merged into itself', 'a: &a {<<: *a}\n'],
    ['an anchor of the same name around', 'x: &a 1\na: &a [*a]\n'],
    ['the document in itself', '--- &a\nb: *a\n'],
  ])('is refused: %s', async (_, text) => {
    expect(await faultOf(text + TAIL)).toMatch(
      /an alias \(\*\) has no anchor of its name before it.*, at line \d/,
    );
  });
});

describe('a base config with thousands of faults', () => {
  it('has the first ones named in the report, and the number of the rest', async () => {
    const faulty = baseConfigMap({ ...BASE, passthroughHeaders: Array(5_000).fill('a b') });
    const deps = depsOf(documents([GROUP, virtualServer(), faulty, entry('one')]));
    const { report } = await createInjector(deps).inject(operatorMadePod(), 'apps', context());
    expect(report?.notes).toHaveLength(21);
    expect(report?.notes.at(-1)?.message).toBe('the config has 4980 more such faults');
  });
});
