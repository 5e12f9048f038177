import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  configData,
  configText,
  readBaseConfig,
  type Written,
} from '../../../src/injection/config/baseConfig.ts';
import type { Injection } from '../../../src/injection/injector.ts';
import { injectManifests } from '../../../src/offline/inject.ts';
import { YamlMap } from '../../../src/yaml/values.ts';
import {
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from './support/cluster.ts';
import { context, depsOf, injectPod } from './support/fixtures.ts';
import { applyPatch } from './support/jsonPatch.ts';

const CLUSTER = [GROUP, virtualServer(), baseConfigMap(), entry('one')];

type Json = Record<string, unknown> | unknown[];

/** All places in a JSON value, as keys from its root. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [
    path,
    ...keys.flatMap((key) => places((value as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

function replaced(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(root) as Json;
  let parent = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  parent[path.at(-1) ?? ''] = value;
  return copy;
}

const POD = { ...operatorMadePod({ annotations: { a: 'b' }, env: [{ name: 'A', value: 'b' }] }), status: {} };
const mutant = fc
  .tuple(
    fc.constantFrom(...places(POD)),
    fc.oneof(fc.jsonValue(), fc.constantFrom(null, '', [], {}, '__proto__')),
  )
  .map(([path, value]) => JSON.parse(JSON.stringify(replaced(POD, path, value))) as unknown);

function inject(pod: unknown, objects = CLUSTER): Promise<Injection> {
  return injectPod(pod, 'apps', depsOf(documents(objects)), context());
}

describe('injection of what is no proper Pod', () => {
  it('of manifests never throws for JSON that has no form as a text: String throws for it', async () => {
    for (const path of places(POD).filter(
      ([key]) => !['apiVersion', 'kind', undefined].includes(key as string),
    )) {
      const pod = replaced(POD, path, { toString: 1, valueOf: 1 }) as typeof POD;
      const input = documents([...CLUSTER, pod]);
      await expect(injectManifests(input, depsOf(input), context()), path.join('.')).resolves.toBeDefined();
    }
  });

  it('never throws, and gives a patch that applies and is settled after one pass', () =>
    fc.assert(
      fc.asyncProperty(mutant, async (pod) => {
        const first = await inject(pod);
        const patched = applyPatch(pod, first.patch);
        expect(patched).toEqual(JSON.parse(JSON.stringify(first.pod)));
        if (first.decision === 'injected') expect((await inject(patched)).patch).toEqual([]);
      }),
      { numRuns: 500 },
    ));
});

/** Base configs in the styles that people and tools write. */
const CONFIGS: readonly string[] = [
  `# ours
name: mine # the name
groupRef: &group team

backends:
# the first one
- {name: a, url: "http://a", transport: sse, metadata: {octal: 0777, yes: no, at: 2024-01-01}}
- name: b
  url: http://b

# how clients come in
incomingAuth: {type: anonymous}
outgoingAuth:
    source: inline # static
    # none
    backends:
        a: {type: unauthenticated}
aggregation:
    conflictResolution: prefix
metadata: {same: *group, text: "0777", empty: , none: ~}
`,
  `{"name": "mine", "backends": [{"name": "a"}], "outgoingAuth": {"source": "inline"}, "n": [1e3, null, "x\\u2028y"]}`,
  `%YAML 1.1
---
outgoingAuth: &auth
  source: inline
  default: *none
backends: [ ]
metadata:
  block: |+
    two

    lines

  folded: >-
    a
    b
...
`.replace('  default: *none\n', ''),
  `  ? name
  : mine
  ? outgoingAuth
  : source: inline
  backends: &list
  - &a name: a
    url: 'it''s'
  other: !!str 12
  <<: {operational: {a: 1}}
`,
  `backends:\r\n- name: a\r\noutgoingAuth:\r\n  source: inline\r\nx: |\r\n  y\r\n`,
];

/** What a mutation puts into a text, at any place. */
const PIECES: readonly string[] = [
  ...['\n', '\n\n', '  ', '\t', '# c', '\n# c\n', ': ', '- ', '? ', '---\n', '...\n', '%YAML 1.1\n'],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!str ',
    '!x ',
    '~',
    '0x1f',
    'yes',
  ],
  ...[
    'backends: []\n',
    'outgoingAuth: *a\n',
    'x: &a {b: c}\n',
    '"backends": 1, ',
    '\u2028',
    '\u0085',
    '\ufeff',
    '\r',
  ],
];

interface Edit {
  readonly at: number;
  readonly drop: number;
  readonly put: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.constantFrom(0, 0, 0, 1, 3, 20),
  put: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('', ...PIECES) }, fc.string({ maxLength: 4 })),
});

function edited(text: string, { at, drop, put }: Edit): string {
  const offset = Math.floor(at * text.length);
  return text.slice(0, offset) + put + text.slice(offset + drop);
}

/** Texts near a valid config; about a third of them can be read. */
const config = fc
  .tuple(fc.constantFrom(...CONFIGS), fc.array(edit, { maxLength: 3 }))
  .map(([text, edits]) => edits.reduce(edited, text));

const never = async () => {};

/** The first document as readers of either version see it, without what injection writes; undefined if they cannot read it. */
function others(text: string, version: '1.1' | '1.2'): Record<string, unknown> | undefined {
  try {
    const [document] = parseAllDocuments(text, { version, intAsBigInt: true, logLevel: 'silent' });
    if (!document || !('errors' in document) || document.errors.length > 0) return undefined;
    const { backends: _, outgoingAuth: __, ...rest } = document.toJS() as Record<string, unknown>;
    return rest;
  } catch {
    return undefined;
  }
}

const WRITTEN: Written = {
  backends: [new YamlMap([['name', 'new']])],
  outgoingAuth: new YamlMap([['source', 'inline']]),
};

describe('a base config of any text', () => {
  it('is refused with one line, or keeps everything that injection does not write', () =>
    fc.assert(
      fc.asyncProperty(config, async (text) => {
        const read = await readBaseConfig(text, never);
        if (!read.ok) {
          expect(read.message).toMatch(/^[^\n]+$/);
          return;
        }
        const merged = configText(read.value, WRITTEN);
        const again = await readBaseConfig(merged, never);
        expect(again.ok && [again.value.backends, again.value.outgoingAuth]).toEqual([
          [{ name: 'new', value: new YamlMap([['name', 'new']]) }],
          WRITTEN.outgoingAuth,
        ]);
        expect(again.ok && configData(again.value, WRITTEN)).toEqual(configData(read.value, WRITTEN));
        for (const version of ['1.1', '1.2'] as const) {
          const before = others(text, version);
          if (before) expect(others(merged, version)).toEqual(before);
        }
      }),
      { numRuns: 3000 },
    ));

  it('leaves the Pod alone or fills it, whatever it is', () =>
    fc.assert(
      fc.asyncProperty(config, async (text) => {
        const base = configMap('team-vmcp-vmcp-config', { 'config.yaml': text });
        const { decision } = await inject(operatorMadePod(), [GROUP, virtualServer(), base, entry('one')]);
        expect(['skipped', 'injected']).toContain(decision);
      }),
      { numRuns: 300 },
    ));
});

describe('injection of a Pod with lists of half a million items', () => {
  const many = (value: unknown) => Array.from({ length: 450_000 }, () => value);
  const withContainers = (containers: unknown) => ({ ...POD, spec: { containers } });
  it.each([
    ['spec.containers', withContainers(many(1))],
    ['spec.containers[0].args', withContainers([{ name: 'vmcp', args: many(1) }])],
    ['spec.containers[0].env', withContainers([{ name: 'vmcp', env: many({ name: 'A', value: '$(A)' }) }])],
  ])('(%s) refuses it in one sentence', async (field, pod) => {
    const injection = await inject(pod);
    expect(injection).toMatchObject({ decision: 'refused', reason: 'malformed-pod' });
    expect(injection.message).toContain(`${field}: has 450000 items`);
  });
});
