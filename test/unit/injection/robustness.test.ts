import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBaseConfig, renderConfig } from '../../../src/injection/config/baseConfig.ts';
import { YamlMap } from '../../../src/injection/config/render.ts';
import type { Injection } from '../../../src/injection/injector.ts';
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

const never = () => undefined;

describe('a base config of any text', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'backends:',
      '  - name: a',
      'outgoingAuth:',
      '  source: inline',
      '  backends:',
      '    a: *x',
      '---',
      'x: &x {a: 1}',
      'outgoingAuth: {source: inline}',
      '{',
      '}',
      '\t',
      '? a',
      ': b',
      '<<: *x',
      '- - b',
      'k: |',
      '  text',
      '"q": \'',
      '%YAML 1.1',
      '...',
      '# c',
    ),
    fc.string(),
  );

  it('is read or refused with one line, and what is read can be merged', () =>
    fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        const read = await readBaseConfig(lines.join('\n'), never);
        if (!read.ok) {
          expect(read.message).toMatch(/^[^\n]+$/);
          return;
        }
        const merged = await readBaseConfig(
          renderConfig(read.base, { backends: [new YamlMap([['name', 'new']])] }),
          never,
        );
        expect(merged.ok && merged.base.backends.map(({ name }) => name)).toEqual(['new']);
      }),
      { numRuns: 3000 },
    ));

  it('leaves the Pod alone or fills it, whatever it is', () =>
    fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
        const base = configMap('team-vmcp-vmcp-config', { 'config.yaml': lines.join('\n') });
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
