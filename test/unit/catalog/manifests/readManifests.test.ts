import { mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findManifestFiles } from '../../../../src/catalog/manifests/files.ts';
import { parseManifests } from '../../../../src/catalog/manifests/parseManifests.ts';
import { readManifests } from '../../../../src/catalog/manifests/readManifests.ts';
import { SLIPS } from '../../yaml/slips.ts';

const bytes = (...values: number[]) => Readable.from([Buffer.from(values)]);

function objectOf(text: string): Record<string, unknown> {
  const { documents, problems } = parseManifests('f.yaml', text);
  expect(problems).toEqual([]);
  expect(documents).toHaveLength(1);
  return documents[0]!.object;
}

function problemOf(text: string) {
  const { problems } = parseManifests('f.yaml', text);
  expect(problems).toHaveLength(1);
  return problems[0]!;
}

describe('the objects of a text', () => {
  it('come with the number of their document and their line', () => {
    const { documents } = parseManifests(
      'f',
      '# c\n---\nkind: A\napiVersion: v1\n---\nkind: B\napiVersion: v1\n',
    );
    expect(documents).toMatchObject([
      { file: 'f', document: 1, line: 3, object: { kind: 'A' } },
      { file: 'f', document: 2, line: 6, object: { kind: 'B' } },
    ]);
  });

  it('are the items of a List, and of a typed list whose items say no kind', () => {
    const list =
      'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: A}, {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: B}]}]';
    expect(parseManifests('f', list).documents.map((d) => [d.document, d.object.kind])).toEqual([
      [1, 'A'],
      [1, 'B'],
    ]);
    const typed = 'apiVersion: x/v1\nkind: ThingList\nitems: [{metadata: {name: a}}]';
    expect(parseManifests('f', typed).documents[0]?.object).toEqual({
      apiVersion: 'x/v1',
      kind: 'Thing',
      metadata: { name: 'a' },
    });
  });

  it('may be JSON, indented with tabs', () => {
    expect(objectOf('{\n\t"apiVersion": "v1",\n\t"kind": "A",\n\t"x": "\\ud83d\\ude00\\/"\n}')).toMatchObject(
      { x: '😀/' },
    );
  });

  it('have scalars as kubectl reads them', () => {
    const text = `apiVersion: v1
kind: A
v: {a: yes, b: 0644, c: 2020-01-01, d: 1:30, e: 1e3, f: e0, g: n, h: 0x1F, i: "yes", j: ~, k: 1_000, l: 08, m: 0b11, n0: -5, o: .5, p: off, q: 1.5.2}
`;
    expect(objectOf(text).v).toEqual({
      a: true,
      b: 420,
      c: '2020-01-01',
      d: '1:30',
      e: 1000,
      f: 'e0',
      g: false,
      h: 31,
      i: 'yes',
      j: null,
      k: 1000,
      l: 8,
      m: 3,
      n0: -5,
      o: 0.5,
      p: false,
      q: '1.5.2',
    });
  });

  it('may use anchors and merge keys', () => {
    const text = 'apiVersion: v1\nkind: A\nbase: &b {x: 1}\none: {<<: *b, z: 2}\ntwo: *b\n';
    expect(objectOf(text)).toMatchObject({ one: { x: 1, z: 2 }, two: { x: 1 } });
  });

  it('may overwrite below a merge what it brings in, as kubectl takes it', () => {
    const text = `apiVersion: v1
kind: A
base: &b {x: 1, k: 2}
other: &o {<<: *b, x: 3}
one: {<<: *b, x: 4}
two: {z: 0, <<: [*o, {x: 5}]}
three: {x: 0, "<<": 6}
`;
    expect(objectOf(text)).toMatchObject({
      one: { x: 4, k: 2 },
      two: { x: 3, k: 2, z: 0 },
      three: { x: 0, '<<': 6 },
    });
  });

  it('may have any character in a text of JSON, and written as an escape in YAML', () => {
    const odd = 'a\u0085b\u2028c\u2029d';
    expect(objectOf(JSON.stringify({ apiVersion: 'v1', kind: 'A', x: odd }, null, 2)).x).toBe(odd);
    expect(objectOf('apiVersion: v1\r\nkind: A\r\nx: "a\\u0085b\\u2028c\\u2029d"\r\n').x).toBe(odd);
  });

  it('keep a key named __proto__ as a key', () => {
    const object = objectOf('apiVersion: v1\nkind: A\n__proto__: {polluted: true}\n');
    expect(Object.hasOwn(object, '__proto__')).toBe(true);
    expect((object as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a text that cannot be used', () => {
  it.each([
    ['broken YAML', 'apiVersion: v1\nkind: A: B\n', 2, 'is not usable YAML'],
    ['a key that stands twice', 'apiVersion: v1\nkind: A\nkind: B\n', 3, 'the key "kind" appears twice'],
    [
      'an integer that loses digits',
      'apiVersion: v1\nkind: A\nn: 9007199254740993\n',
      3,
      'would lose digits',
    ],
    ['a number that JSON has not', 'apiVersion: v1\nkind: A\nn: .nan\n', 3, 'not a JSON number'],
    ['a document without kind', 'apiVersion: v1\n', 1, 'kind must be a non-empty string'],
    ['a document that is a list', '- 1\n', 1, 'not a list'],
    ['a document that is text', 'hello\n', 1, 'must be a Kubernetes object'],
    ['a key that is a map', 'apiVersion: v1\nkind: A\n? {a: 1}\n: 2\n', 1, 'a key must be a single value'],
    [
      'an alias to what contains it',
      'apiVersion: v1\nkind: A\na: &a [*a]\n',
      1,
      'refers to something that contains it',
    ],
    [
      'an alias to nothing',
      'apiVersion: v1\nkind: A\na: *b\n',
      3,
      'an alias (*) has no anchor of its name before it',
    ],
  ])('%s gives line and reason', (_, text, line, message) => {
    const problem = problemOf(text);
    expect(problem.line).toBe(line);
    expect(problem.column).toBeGreaterThan(0);
    expect(problem.message).toContain(message);
  });

  it.each([
    ['', 'spec: {remoteUrl: a, <<: *m}', 'remoteUrl'],
    ['', 'spec:\n  remoteUrl: a\n  <<: [{x: 1}, *m]', 'remoteUrl'],
    ['', 'spec: {x: 0, <<: {x: 1}}', 'x'],
    ['b: &b {<<: *m, z: 1}', 'spec: {k: 0, <<: *b}', 'k'],
    // An anchor means what stood before it, also when its name is given again.
    ['b: &b {<<: *m}\nm2: &m {z: 1}', 'spec: {k: 0, <<: *b}', 'k'],
    ['', 'spec: {k: 0, <<: {<<: *m}}', 'k'],
    ['', 'spec: {k: 0, !!merge <<: *m}', 'k'],
  ])('since a merge brings in a key that stands above it: %s %s', (before, spec, key) => {
    const text = `apiVersion: v1\nkind: A\nm: &m {remoteUrl: b, k: 1}\n${before}\n${spec}\n`;
    const problem = problemOf(text);
    expect(problem.line).toBe(text.slice(0, text.lastIndexOf('<<')).split('\n').length);
    expect(problem.message).toContain(`brings in the key "${key}"`);
    expect(problem.message).toContain('write the key once');
  });

  it.each(['1', 'null', '[1]', '*s', '[*l]'])('since %s cannot be merged', (value) => {
    const problem = problemOf(`apiVersion: v1\nkind: A\ns: &s x\nl: &l [{a: 1}]\nm: {<<: ${value}}\n`);
    expect(problem).toMatchObject({
      line: 5,
      message: expect.stringContaining('merge key (<<) must be a map'),
    });
  });

  it('since its merges bring in too much', () => {
    const maps = Array.from(
      { length: 3_000 },
      (_, i) => `a${i}: &a${i} {k${i}: 1${i > 0 ? `, <<: *a${i - 1}` : ''}}`,
    );
    expect(problemOf(`apiVersion: v1\nkind: A\n${maps.join('\n')}\n`).message).toContain(
      'more than 1000000 keys',
    );
  });

  it.each([
    ['\r', 'U+000D (carriage return'],
    ['\u0085', 'U+0085'],
    ['\u2028', 'U+2028'],
    ['\u2029', 'U+2029'],
  ])('for %j, which ends a line for kubectl', (character, name) => {
    const lines = (line: string) =>
      `apiVersion: v1\r\nkind: A\r\n${line}\r\n---\r\napiVersion: v1\r\nkind: B\r\n`;
    for (const line of [`x: y # c${character}  z: 1`, `x: yz${character}  z`, `x: "y  ${character}z"`]) {
      const { documents, problems } = parseManifests('f', lines(line));
      expect(documents).toEqual([]);
      expect(problems).toMatchObject([{ line: 3, column: line.indexOf(character) + 1 }]);
      expect(problems[0]?.message).toContain(name);
    }
    expect(problemOf(`{"apiVersion": "v1", "kind": "A"${character}}`).message).toContain(name);
  });

  it('does not keep the documents beside it from being read', () => {
    const { documents, problems } = parseManifests('f', 'a: b: c\n---\napiVersion: v1\nkind: A\n');
    expect([documents.length, problems.length]).toEqual([1, 1]);
  });

  it.each([...SLIPS, '99999999999999999999991234', `1${'0'.repeat(400)}`])(
    'is told without a character of it: %j',
    (slip) => {
      const problem = problemOf(`apiVersion: v1\nkind: Secret\nstringData:\n  token: ${slip}\n`);
      expect(problem.line).toBeGreaterThan(3);
      expect(problem.message).not.toMatch(/CANARY|9999|0000/);
    },
  );

  it('names the item of a list', () => {
    expect(problemOf('apiVersion: v1\nkind: List\nitems: [{kind: A}]').message).toContain('items[0]');
  });

  it('is refused when its aliases explode or it is nested too deeply, without being written out', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`);
    const bomb = `apiVersion: v1\nkind: A\na0: &a0 [x]\n${levels.join('\n')}\n`;
    expect(problemOf(bomb).message).toContain('aliases');
    const wide = `apiVersion: v1\nkind: A\na: &a ${'x'.repeat(100_000)}\nb: [${Array(1_000).fill('*a')}]\n`;
    expect(problemOf(wide).message).toContain('larger than');
    expect(problemOf(`a: ${'['.repeat(50_000)}`).message).toContain('nested');
    expect(problemOf(`apiVersion: v1\nkind: A\na: ${'['.repeat(300)}${']'.repeat(300)}`).message).toContain(
      'nested',
    );
  });

  it('never makes the reader throw', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '&x ',
      '*x',
      '<<: ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '\t',
      '---\n',
      '!!int ',
      '? ',
      '%',
      '#',
      '0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        parseManifests('f', pieces.join(''));
      }),
      { numRuns: 500 },
    );
  });

  it('reads every JSON object of Kubernetes back as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (fields) => {
        const object = { ...fields, apiVersion: 'v1', kind: 'A' };
        const json = JSON.stringify(object);
        const { documents, problems } = parseManifests('f', json);
        if (problems.length > 0) expect(problems[0]?.message).toContain('would lose digits');
        else expect(JSON.parse(JSON.stringify(documents[0]?.object))).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe('inputs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const manifest = (kind: string) => `apiVersion: v1\nkind: ${kind}\n`;

  it('are read from folders in the order of names, hidden names left out', async () => {
    await mkdir(join(folder, 'b'));
    await mkdir(join(folder, '.git'));
    await writeFile(join(folder, 'b', 'x.json'), '{"apiVersion":"v1","kind":"Second"}');
    await writeFile(join(folder, 'a.yaml'), manifest('First'));
    await writeFile(join(folder, 'c.yml'), manifest('Third'));
    await writeFile(join(folder, 'notes.txt'), 'no manifest');
    await writeFile(join(folder, '.git', 'x.yaml'), manifest('Hidden'));
    const { documents, problems } = await readManifests([folder]);
    expect(problems).toEqual([]);
    expect(documents.map((document) => document.object.kind)).toEqual(['First', 'Second', 'Third']);
    expect(documents[1]?.file).toBe(join(folder, 'b', 'x.json'));
  });

  it('may be linked as the kubelet links the files of a ConfigMap', async () => {
    await mkdir(join(folder, '..2026'));
    await writeFile(join(folder, '..2026', 'x.yaml'), manifest('A'));
    await symlink('..2026', join(folder, '..data'));
    await symlink(join('..data', 'x.yaml'), join(folder, 'x.yaml'));
    const { documents } = await readManifests([folder]);
    expect(documents).toHaveLength(1);
  });

  it('end where links go in a circle', async () => {
    await writeFile(join(folder, 'a.yaml'), manifest('A'));
    await symlink(folder, join(folder, 'loop'));
    await symlink('self.yaml', join(folder, 'self.yaml'));
    const { documents, problems } = await readManifests([folder]);
    expect(documents).toHaveLength(1);
    expect(problems).toMatchObject([
      { file: join(folder, 'self.yaml'), message: 'its symbolic links form a loop' },
    ]);
  });

  it('are found once, although the links between folders lead to each in many ways', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'x.yaml'), manifest('A'));
      for (const other of names) await symlink(join('..', other), join(folder, name, `to-${other}`));
    }
    const { files, problems } = await findManifestFiles(folder);
    const real = await Promise.all(files.map((file) => realpath(file)));
    expect(real.sort()).toEqual(names.map((name) => join(folder, name, 'x.yaml')));
    expect(problems).toEqual([]);
  });

  it('are read although a folder among them cannot be', async () => {
    const deep = join(folder, ...Array<string>(40).fill('d'));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'x.yaml'), manifest('Deep'));
    await writeFile(join(folder, 'z.yaml'), manifest('Last'));
    const { documents, problems } = await readManifests([folder]);
    expect(documents.map((document) => document.object.kind)).toEqual(['Last']);
    expect(problems).toMatchObject([{ message: 'more than 32 folders deep' }]);
  });

  it('may be standard input, and count once under whatever names', async () => {
    const file = join(folder, 'a.yaml');
    await writeFile(file, manifest('A'));
    await symlink(folder, join(folder, 'link'));
    const { documents, problems } = await readManifests(
      ['-', file, join(folder, '.', 'link', 'a.yaml'), folder, '-'],
      Readable.from([Buffer.from(manifest('B'))]),
    );
    expect(documents.map((document) => document.object.kind)).toEqual(['B', 'A']);
    expect(problems).toEqual([]);
  });

  it('that hold nothing, do not exist, are no text or too large are problems with the name', async () => {
    const path = (name: string) => join(folder, name);
    await writeFile(path('empty.yaml'), '# nothing\n---\n');
    await writeFile(path('latin.yaml'), Buffer.from([0x61, 0xe9, 0x0a]));
    await writeFile(path('large.yaml'), '');
    await truncate(path('large.yaml'), 17 * 1024 * 1024);
    await mkdir(path('none'));
    const names = ['empty.yaml', 'missing.yaml', 'latin.yaml', 'large.yaml', 'none'];
    const { documents, problems } = await readManifests([...names.map(path), '-']);
    expect(documents).toEqual([]);
    expect(problems.map(({ file, message }) => [file, message])).toEqual([
      [path('missing.yaml'), 'no such file or folder'],
      [path('empty.yaml'), 'contains no Kubernetes object'],
      [path('latin.yaml'), 'is not UTF-8 text'],
      [path('large.yaml'), expect.stringContaining('is larger than')],
      [path('none'), 'contains no *.yaml, *.yml or *.json file'],
      ['-', 'contains no Kubernetes object'],
    ]);
  });

  it('on standard input are refused for what files are refused for', async () => {
    const large = (async function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, ' ');
    })();
    const messages = [];
    for (const stdin of [bytes(0x61, 0xe9, 0x0a), large])
      messages.push(...(await readManifests(['-'], stdin)).problems.map(({ message }) => message));
    expect(messages).toEqual(['is not UTF-8 text', expect.stringContaining('is larger than')]);
  });

  it('on standard input may be cut in the middle of a character', async () => {
    const text = Buffer.from(`${manifest('A')}x: é\n`);
    const stdin = Readable.from([text.subarray(0, -2), text.subarray(-2)]);
    const { documents } = await readManifests(['-'], stdin);
    expect(documents[0]?.object.x).toBe('é');
  });
});
