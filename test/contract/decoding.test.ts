import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { judgeAlone } from '../../src/rules/alone.ts';
import { defaultPolicy } from '../../src/rules/policy/policy.ts';
import { type MutantObject, mutateObject, objectsOf, type ToolHiveObject } from './harness/objects.ts';
import { SEED } from './harness/seed.ts';
import { describeWithToolHive, type Verdict } from './harness/toolhive.ts';
import { dice } from './mutate/data.ts';

const RUNS = 3000;
const OBJECTS = [...objectsOf('servers'), ...objectsOf('neighbours'), ...objectsOf('others')];

/** An object in one of the versions that its kind has. */
function inVersion(object: ToolHiveObject, version: string): ToolHiveObject {
  if (object.kind === 'MCPWebhookConfig') return object;
  return { ...object, apiVersion: `toolhive.stacklok.dev/${version}` };
}

const mutant: fc.Arbitrary<MutantObject> = fc
  .tuple(
    fc.constantFrom(...OBJECTS),
    fc.constantFrom('v1alpha1', 'v1beta1'),
    fc.array(dice, { minLength: 1, maxLength: 2 }),
  )
  .map(([object, version, rolls]) => mutateObject(inVersion(object, version), rolls));

/** What this project says of an object that the API server would store. */
function denials(kind: ToolHiveObject['kind'], object: unknown): string[] {
  const verdict = judgeAlone(kind, object, 'apps', defaultPolicy());
  return verdict.denials
    .filter(({ rule }) => rule === 'undecodable-field')
    .map(({ field, message }) => `${field}: ${message}`);
}

interface Case {
  readonly mutant: MutantObject;
  readonly theirs: Verdict;
  readonly ours: readonly string[];
}

function shown({ mutant: { change }, theirs, ours }: Case) {
  return { change, toolhive: theirs.error ?? 'decodes it', ours };
}

describeWithToolHive('objects of every kind', (ask) => {
  it('are stored by the API server as they are, and decoded by the operator', async () => {
    const stored = await ask(OBJECTS.map((object) => ({ op: 'store', object })));
    expect(stored.map(({ error }) => error)).toEqual(OBJECTS.map(() => undefined));
    for (const [index, { object }] of stored.entries()) expect(object).toMatchObject(OBJECTS[index]!);
    const decoded = await ask(stored.map(({ object }) => ({ op: 'decode', object })));
    expect(decoded.every(({ ok }) => ok)).toBe(true);
  });
});

describeWithToolHive(
  `of ${RUNS} mutated objects of every kind and version (seed ${SEED}), those that are stored`,
  (ask) => {
    let cases: readonly Case[] = [];

    beforeAll(async () => {
      const mutants = fc.sample(mutant, { numRuns: RUNS, seed: SEED });
      const verdicts = await ask(mutants.map(({ object }) => ({ op: 'store', object })));
      const stored = mutants.flatMap((one, index) => {
        const { ok, object } = verdicts[index]!;
        return ok ? [{ one, object }] : [];
      });
      const decoded = await ask(stored.map(({ object }) => ({ op: 'decode', object })));
      cases = stored.map(({ one, object }, index) => ({
        mutant: one,
        theirs: decoded[index]!,
        ours: denials(one.object.kind, object),
      }));
    }, 90_000);

    it('are of both sorts', () => {
      const poison = cases.filter(({ theirs }) => !theirs.ok).length;
      expect(poison).toBeGreaterThan(RUNS / 200);
      expect(cases.length - poison).toBeGreaterThan(RUNS / 5);
    });

    it('are denied if the operator cannot decode them', () => {
      expect(cases.filter(({ theirs, ours }) => !theirs.ok && ours.length === 0).map(shown)).toEqual([]);
    });

    it('are not denied as such if it can', () => {
      expect(cases.filter(({ theirs, ours }) => theirs.ok && ours.length > 0).map(shown)).toEqual([]);
    });
  },
);
