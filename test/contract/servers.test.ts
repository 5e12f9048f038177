import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { isKnown } from './harness/known.ts';
import { type MutantObject, mutateObject, objectsOf, type ToolHiveObject } from './harness/objects.ts';
import { type Denial, denialsOf, NOT_DENIED } from './harness/review.ts';
import { SEED } from './harness/seed.ts';
import { describeWithToolHive, type Question, type Verdict } from './harness/toolhive.ts';
import { dice } from './mutate/data.ts';

const RUNS = 2500;
const SERVERS = objectsOf('servers');
const NEIGHBOURS = objectsOf('neighbours');
const GROUP = objectsOf('others').find(({ kind }) => kind === 'MCPGroup')!;
const WORKFLOW = NEIGHBOURS.find(({ kind }) => kind === 'VirtualMCPCompositeToolDefinition')!;
/** The server that refers to the workflow. */
const USER = SERVERS.find(({ metadata }) => metadata.name === 'tools')!;
const ENV = { TOOLHIVE_HEADER_INJECTION_VALUE_HEADER: 'value' };

const mutant: fc.Arbitrary<MutantObject> = fc
  .tuple(fc.constantFrom(...SERVERS, WORKFLOW), fc.array(dice, { minLength: 1, maxLength: 2 }))
  .map(([object, rolls]) => mutateObject(object, rolls));

/** What is denied although a vMCP starts with it. */
const OTHER_DENIALS: readonly { readonly rule: string; readonly why: string }[] = [
  {
    rule: 'vmcp-auth-discovered',
    why: 'In inline mode the controller writes outgoingAuth once more, with this type. That part of it is not a library.',
  },
  { rule: 'vmcp-open-by-mistake', why: 'It starts, and lets every caller in.' },
  { rule: 'malformed-field', why: 'A reference that cannot be the name of any object will never be there.' },
];

/** A stored object, what becomes of it, and what is denied of it. */
interface Case {
  readonly change: string;
  readonly theirs: Verdict;
  readonly ours: readonly Denial[];
}

/** What the operator and the vMCP make of a server, or of the server that uses a workflow. */
function question(object: ToolHiveObject): Question {
  const more = { env: ENV, start: true };
  if (object.kind === 'VirtualMCPServer') return { op: 'convert', object, others: NEIGHBOURS, ...more };
  const others = NEIGHBOURS.map((neighbour) => (neighbour === WORKFLOW ? object : neighbour));
  return { op: 'convert', object: USER, others, ...more };
}

function denials(object: ToolHiveObject): Promise<Denial[]> {
  return denialsOf(object, [...NEIGHBOURS, ...SERVERS, GROUP]);
}

function shown({ change, theirs, ours }: Case) {
  const toolhive = theirs.ok ? 'starts' : `${theirs.stage}: ${theirs.error}`;
  return { change, toolhive, ours: ours.map(({ text }) => text) };
}

describeWithToolHive('the servers from which mutations start', (ask) => {
  it('are stored, make a vMCP that starts, and are not denied', async () => {
    const stored = await ask([...SERVERS, WORKFLOW].map((object) => ({ op: 'store', object })));
    const objects = stored.map(({ object }) => object as unknown as ToolHiveObject);
    const started = await ask(objects.map(question));
    expect(started.map(({ error }) => error)).toEqual(objects.map(() => undefined));
    expect(await Promise.all(objects.map(denials))).toEqual(objects.map(() => []));
  });
});

describeWithToolHive(
  `of ${RUNS} mutated servers and workflows (seed ${SEED}), those that are stored`,
  (ask) => {
    const cases: Case[] = [];

    beforeAll(async () => {
      const mutants = fc.sample(mutant, { numRuns: RUNS, seed: SEED });
      const verdicts = await ask(mutants.map(({ object }) => ({ op: 'store', object })));
      const stored = mutants.flatMap(({ change }, index) => {
        const { ok, object } = verdicts[index]!;
        return ok ? [{ change, object: object as unknown as ToolHiveObject }] : [];
      });
      const started = await ask(stored.map(({ object }) => question(object)));
      for (const [index, { change, object }] of stored.entries())
        cases.push({ change, theirs: started[index]!, ours: await denials(object) });
    }, 90_000);

    it('are of both sorts', () => {
      const ended = cases.filter(({ theirs }) => !theirs.ok).length;
      expect(ended).toBeGreaterThan(RUNS / 20);
      expect(cases.length - ended).toBeGreaterThan(RUNS / 10);
    });

    it('are denied if the operator refuses them or the vMCP ends at start', () => {
      const missed = cases.filter(
        ({ theirs, ours }) => !theirs.ok && ours.length === 0 && !isKnown(NOT_DENIED, theirs.error),
      );
      expect(missed.map(shown)).toEqual([]);
    });

    it('are denied for nothing else, but where that is meant', () => {
      const isMeant = ({ rule }: Denial) => OTHER_DENIALS.some((known) => known.rule === rule);
      const strict = cases.filter(({ theirs, ours }) => theirs.ok && !ours.every(isMeant));
      expect(strict.map(shown)).toEqual([]);
    });
  },
);
