import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseManifests } from '../../../../src/catalog/manifests/parseManifests.ts';
import { Positions } from '../../../../src/catalog/manifests/positions.ts';

const TEXT = `# first
apiVersion: v1
kind: A
base: &base
  url: https://a.example
  deep: {er: 1}
spec:
  remoteUrl: x
  list:
    - name: a
      value: 1
    - {name: b, value: 2}
    - - nested
  headers:
    X-Api.Key: secret
    X-Api: {key: z}
    "quoted key": 1
  text: |
    remoteUrl: no
  alias: *base
  merged:
    <<: *base
    own: 1
---
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "B",
   "spec": {"a": [1, {"b": 2}]}},
  {"apiVersion": "v1", "kind": "C"}
]}
`.replaceAll('\n  text', '\r\n  text');

const { documents } = parseManifests('f.yaml', TEXT);
const [first, ...items] = documents;
const positions = new Positions();

describe('the position of a field', () => {
  it.each([
    ['', '2:1'],
    ['apiVersion', '2:1'],
    ['spec', '7:1'],
    ['spec.remoteUrl', '8:3'],
    ['spec.missing', '7:1'],
    ['spec.missing.deeper[0]', '7:1'],
    ['missing', '2:1'],
    ['spec.list[0]', '10:7'],
    ['spec.list[0].value', '11:7'],
    ['spec.list[1].value', '12:17'],
    ['spec.list[2][0]', '13:9'],
    ['spec.list[9].name', '9:3'],
    ['spec.list[0].value.deeper', '11:7'],
    ['spec.headers[X-Api.Key]', '15:5'],
    ['spec.headers.X-Api.Key', '15:5'],
    ['spec.headers[X-Api].key', '16:13'],
    ['spec.headers[quoted key]', '17:5'],
    ['spec.headers[#2]', '14:3'],
    ['spec.alias.url', '5:3'],
    ['spec.alias.deep.er', '6:10'],
    ['spec.merged.deep.er', '6:10'],
    ['spec.merged.own', '23:5'],
  ])('%s is %s', (field, expected) => {
    const { line, column } = positions.of(first!, field);
    expect(`${line}:${column}`).toBe(expected);
  });

  it.each([
    [0, '', '26:3'],
    [0, 'spec.a[0]', '27:19'],
    [0, 'spec.a[1].b', '27:23'],
    [1, 'kind', '28:24'],
    [1, 'spec.x', '28:3'],
  ])('in item %i of a List: %s is %s', (index, field, expected) => {
    const { line, column } = positions.of(items[index]!, field);
    expect(`${line}:${column}`).toBe(expected);
  });

  it('is that of its object when nothing is known of a text', () => {
    const object = { apiVersion: 'v1', kind: 'A' };
    expect(positions.of({ file: 'f', document: 1, line: 7, object }, 'kind')).toEqual({ line: 7, column: 1 });
  });
});

/** Every path of a value, with the text of the key or item that it ends with. */
function* pathsOf(value: unknown, path = ''): Generator<[path: string, last: string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    if (!Array.isArray(value)) yield [below.replace(/^\./, ''), key];
    yield* pathsOf(child, below);
  }
}

it('is where its key is written, in any object', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_/-]{2,8}$/);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer({ min: -1000, max: 1000 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.boolean(), (spec, json) => {
      const object = { apiVersion: 'v1', kind: 'A', spec };
      const text = `---\n# x\n${json ? JSON.stringify(object, null, 1) : stringify(object)}`;
      const [document] = parseManifests('f', text).documents;
      const lines = text.split('\n');
      for (const [path, key] of pathsOf(object)) {
        const { line, column } = positions.of(document!, path);
        expect(
          lines[line - 1]
            ?.slice(column - 1)
            .replace(/^["']/, '')
            .startsWith(key),
          path,
        ).toBe(true);
      }
    }),
  );
});
