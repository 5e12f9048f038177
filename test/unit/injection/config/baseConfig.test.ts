import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type BaseConfig,
  configText,
  readBaseConfig,
  type Written,
} from '../../../../src/injection/config/baseConfig.ts';
import { YamlMap } from '../../../../src/yaml/values.ts';

import { SLIPS } from '../../yaml/slips.ts';

const never = async () => {};

async function base(text: string): Promise<BaseConfig> {
  const read = await readBaseConfig(text, never);
  if (!read.ok) throw new Error(read.message);
  return read.value;
}

const backend = new YamlMap([
  ['name', 'yes'],
  [
    'metadata',
    new YamlMap([
      ['1e3', '~'],
      ['on', '0o7'],
      ['d', '2024-01-01'],
      ['nl', 'a\u2028b\u0085c'],
    ]),
  ],
]);
const WRITTEN: Written = {
  backends: [backend],
  outgoingAuth: new YamlMap([
    ['source', 'inline'],
    ['backends', new YamlMap([['yes', new YamlMap([['type', 'unauthenticated']])]])],
  ]),
};

const OTHERS = `# comment
octal: 0777
text: "0777"
flag: yes
empty:
none: ~
date: 2024-01-01
big: 123456789012345678901234567890
float: 1e3
anchor: &a {x: 1}
alias: *a
block: |
  two
  lines
folded: >-
  a
  b
`;

describe('merging into a base config', () => {
  it.each([
    [
      'block style',
      `${OTHERS}outgoingAuth:\n    source: inline\n    # why\n    backends: # these\n        old: {type: x}\n`,
    ],
    [
      'block style with backends in the middle',
      `backends:\n- name: old # x\n\n# kept\n${OTHERS}outgoingAuth:\n  backends: {}\n  source: inline\n`,
    ],
    [
      'flow style',
      `${OTHERS}outgoingAuth: {source: inline, backends: &b {old: {type: x}}}\nbackends: [{name: old}]\n`,
    ],
    ['a document with a start and an end', `---\n${OTHERS}outgoingAuth:\n  source: inline\n...\n`],
    ['Windows line ends', `${OTHERS}outgoingAuth:\n  source: inline\n`.replaceAll('\n', '\r\n')],
    ['no line end at the end', `${OTHERS}outgoingAuth:\n  source: inline\n  backends:\n    old: {type: x}`],
    ['null for both', `${OTHERS}outgoingAuth:\n  source: inline\n  backends:\nbackends: # none yet`],
  ])('changes nothing else in %s', async (_, text) => {
    const merged = configText(await base(text), WRITTEN);
    for (const version of ['1.1', '1.2'] as const) {
      const before = parse(text, { version, intAsBigInt: true });
      const after = parse(merged, { version, intAsBigInt: true });
      expect(after.backends).toEqual([
        { name: 'yes', metadata: { '1e3': '~', on: '0o7', d: '2024-01-01', nl: 'a\u2028b\u0085c' } },
      ]);
      expect(after.outgoingAuth).toEqual({
        source: 'inline',
        backends: { yes: { type: 'unauthenticated' } },
      });
      delete before.backends;
      delete after.backends;
      delete before.outgoingAuth;
      delete after.outgoingAuth;
      expect(after).toEqual(before);
    }
    const lines = (written: string) => written.split(/\r?\n/);
    const kept = lines(OTHERS).filter((line) => line !== '');
    expect(lines(merged)).toEqual(expect.arrayContaining(kept));
  });

  it('keeps the types of a self-managed backend that stays', async () => {
    const text =
      'backends:\n- {name: a, metadata: {octal: 0777, text: "0777", flag: yes, empty: , date: 2024-01-01}}\noutgoingAuth: {source: inline}\n';
    const read = await base(text);
    const merged = configText(read, {
      backends: read.backends.map(({ value }) => value),
      outgoingAuth: read.outgoingAuth,
    });
    for (const version of ['1.1', '1.2'] as const)
      expect(parse(merged, { version })).toEqual(parse(text, { version }));
  });

  it.each([
    ['an alias', 'x: &x {source: inline, default: {type: d}}\noutgoingAuth: *x\n'],
    ['a merge', 'x: &x {source: inline, default: {type: d}}\noutgoingAuth: {<<: *x}\n'],
    ['a merge at the top', 'x: &x {outgoingAuth: {source: inline, default: {type: d}}}\n<<: *x\n'],
  ])('writes an outgoingAuth anew that comes from %s', async (_, text) => {
    const read = await base(text);
    const merged = configText(read, { backends: [backend], outgoingAuth: read.outgoingAuth });
    expect(parse(merged, { merge: true })).toMatchObject({
      backends: [{ name: 'yes' }],
      outgoingAuth: { source: 'inline', default: { type: 'd' } },
    });
    expect(merged).toContain(text.split('\n')[0]);
  });

  it('is JSON again when it was JSON', async () => {
    const read = await base('{"name":"x","outgoingAuth":{"source":"inline"},"n":1}');
    expect(JSON.parse(configText(read, WRITTEN))).toMatchObject({
      name: 'x',
      n: 1,
    });
  });

  it.each([
    ['is empty', ''],
    ['holds only a comment', '# nothing'],
    ['is a list', '- a'],
    ['has a key twice', 'a: 1\na: 2\noutgoingAuth: {source: inline}'],
    ['names an unknown anchor', 'a: *b\noutgoingAuth: {source: inline}'],
    ['is no YAML', 'a: ['],
    ['has no outgoingAuth', 'a: 1'],
    ['uses an anchor that would go', 'backends: &b []\nx: *b\noutgoingAuth: {source: inline}'],
    [
      'multiplies aliases without end',
      `${Array.from(
        { length: 9 },
        (_, i) =>
          `a${i}: &a${i} [${
            i === 0
              ? '1'
              : Array(9)
                  .fill(`*a${i - 1}`)
                  .join(',')
          }]`,
      ).join('\n')}\noutgoingAuth: {source: inline}`,
    ],
  ])('is refused with one line when the text %s', async (_, text) => {
    const read = await readBaseConfig(text, never);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.message).toMatch(/^[^\n]+$/);
  });

  it('is read in slices, so that the reviews beside it are answered', async () => {
    const text = `backends:\n${'  - {name: a, url: "http://a"}\n'.repeat(500)}outgoingAuth: {source: inline}\n`;
    let asked = 0;
    const read = await readBaseConfig(text, async () => void asked++);
    expect(read.ok && read.value.backends.length).toBe(500);
    expect(asked).toBeGreaterThan(100);
  });

  it('says where the text is no YAML', async () => {
    expect(await readBaseConfig('a: 1\nb: [', never)).toEqual({
      ok: false,
      message: expect.stringMatching(/^it is not valid YAML: .*, at line \d+, column \d+$/),
    });
  });

  it.each(SLIPS)('says nothing of the text: %j', async (slip) => {
    const read = await readBaseConfig(`outgoingAuth: {source: inline}\ntoken: ${slip}\n`, never);
    expect(read).toEqual({
      ok: false,
      message: expect.stringMatching(/^it is not valid YAML: .*, at line \d+, column \d+$/),
    });
    if (!read.ok) expect(read.message).not.toContain('CANARY');
  });
});
