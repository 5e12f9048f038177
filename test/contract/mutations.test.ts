import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { configData, configEnv, configTexts } from './harness/configs.ts';
import { CEDAR, isKnown, type Known } from './harness/known.ts';
import { type OurVerdict, ourVerdict } from './harness/ours.ts';
import { SEED } from './harness/seed.ts';
import { type ConfigQuestion, describeWithToolHive, type Verdict } from './harness/toolhive.ts';
import { dice, type Mutant, mutateData } from './mutate/data.ts';

const RUNS = 3000;

const mutant: fc.Arbitrary<Mutant> = fc
  .tuple(fc.constantFrom(...configTexts()), fc.array(dice, { minLength: 1, maxLength: 2 }))
  .map(([text, rolls]) => mutateData(configData(text), rolls));

/** What ToolHive refuses and this project need not: each with the reason why not. */
const NOT_JUDGED: readonly Known[] = [
  CEDAR,
  {
    says: /json: unsupported type: map\[interface/,
    why: 'A JSON Schema or arguments with a key that is a number or a boolean: every key is text here.',
  },
  {
    says: /json: unsupported value: (?:NaN|[-+]Inf)/,
    why: 'A JSON Schema or arguments with a number that JSON does not know: it is text here.',
  },
];

interface Judged {
  readonly mutant: Mutant;
  readonly theirs: Verdict;
  readonly ours: OurVerdict;
}

/** A difference as it is printed: what was changed, and both messages. */
function shown({ mutant: { change }, theirs, ours }: Judged) {
  const said = ours.unreadable ?? (ours.problems.join('; ') || 'accepts it');
  return { change, toolhive: theirs.ok ? 'accepts it' : `${theirs.stage}: ${theirs.error}`, ours: said };
}

describeWithToolHive(`of ${RUNS} mutated configs (seed ${SEED})`, (ask) => {
  const judged: Judged[] = [];
  const accepted = ({ unreadable, problems }: OurVerdict) =>
    unreadable === undefined && problems.length === 0;

  beforeAll(async () => {
    const mutants = fc.sample(mutant, { numRuns: RUNS, seed: SEED });
    const env = configEnv();
    const verdicts = await ask(
      mutants.map(({ yaml }): ConfigQuestion => ({ op: 'config', yaml, env, start: true })),
    );
    for (const [index, one] of mutants.entries())
      judged.push({ mutant: one, theirs: verdicts[index]!, ours: await ourVerdict(one.yaml, env) });
  });

  it('some are accepted by ToolHive and many refused', () => {
    const refused = judged.filter(({ theirs }) => !theirs.ok).length;
    expect(refused).toBeGreaterThan(RUNS / 2);
    expect(RUNS - refused).toBeGreaterThan(RUNS / 10);
  });

  it('all that ToolHive refuses are refused here, except for the table above', () => {
    const missed = judged.filter(
      ({ theirs, ours }) => !theirs.ok && accepted(ours) && !isKnown(NOT_JUDGED, theirs.error),
    );
    expect(missed.map(shown)).toEqual([]);
  });

  it('none that ToolHive accepts is refused here', () => {
    const strict = judged.filter(({ theirs, ours }) => theirs.ok && !accepted(ours));
    expect(strict.map(shown)).toEqual([]);
  });
});
