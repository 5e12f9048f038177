import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Injection } from '../../src/injection/injector.ts';
import {
  configMap,
  documents,
  entry,
  GROUP,
  type Raw,
  selfManagedPod,
} from '../unit/injection/support/cluster.ts';
import { context, depsOf, injectPod } from '../unit/injection/support/fixtures.ts';
import { configEnv, configTexts } from './harness/configs.ts';
import { deliveredConfig } from './harness/containers.ts';
import { CEDAR, isKnown, type Known } from './harness/known.ts';
import { SEED } from './harness/seed.ts';
import { type ConfigQuestion, describeWithToolHive, type Verdict } from './harness/toolhive.ts';
import { dice, type Mutant } from './mutate/data.ts';
import { mutateText } from './mutate/text.ts';

const RUNS = 2000;

const mutant: fc.Arbitrary<Mutant> = fc
  .tuple(fc.constantFrom(...configTexts()), fc.array(dice, { minLength: 1, maxLength: 2 }))
  .map(([text, rolls]) => mutateText(text, rolls));

/** A self-managed Pod whose container sets the variables that the configs need. */
function podWithVariables(): Raw {
  const pod = selfManagedPod() as unknown as { spec: { containers: [Record<string, unknown>] } };
  const env = Object.entries(configEnv()).map(([name, value]) => ({ name, value }));
  const [container] = pod.spec.containers;
  return { ...pod, spec: { ...pod.spec, containers: [{ ...container, env }] } } as unknown as Raw;
}

function inject(yaml: string): Promise<Injection> {
  const base = configMap('team-vmcp-vmcp-config', { 'config.yaml': yaml });
  const objects = documents([GROUP, base, entry('member')]);
  return injectPod(podWithVariables(), 'apps', depsOf(objects), context());
}

/** What ended the vMCP before and after, and is not said. Matched with ToolHive's error. */
const NOT_SAID: readonly Known[] = [
  CEDAR,
  {
    says: /did not find expected (?:node content|',' or '[}\]]')|found character that cannot start any token/,
    why: 'YAML 1.2 allows it (a colon before a word in braces, a tab between tokens, a key over two lines), yaml.v3 does not. The piece is left as it was.',
  },
];

/** What ToolHive reads and injection does not. Matched with the message of the Pod. */
const NOT_READ: readonly Known[] = [
  {
    says: /a line break that YAML 1.2 does not know/,
    why: 'Where lines end decides what a comment and a key are: two readers see two configs.',
  },
  { says: /it has a tag \(!\) other than !!str/, why: 'The type of a tagged value is not known to be kept.' },
  {
    says: /something stands where it cannot|begins with a character that YAML reserves|a character is missing|a key must stand on one line/,
    why: 'ToolHive stops reading at the end of the first document; what stands behind it is a mistake.',
  },
  {
    says: /a line is not indented as it must be|a character is missing/,
    why: 'YAML forbids lines between brackets or quotes that are not indented deeper than their key; yaml.v3 takes them. The message says which line.',
  },
];

interface Case {
  readonly mutant: Mutant;
  readonly injection: Injection;
  /** What ToolHive makes of the base config, and of the delivered one. */
  readonly before: Verdict;
  readonly after: Verdict | undefined;
}

/** What injection leaves as it is of a loaded config. */
function untouched(config: Readonly<Record<string, unknown>> | undefined): unknown {
  const { backends: _, outgoingAuth, ...others } = config ?? {};
  const {
    source: __,
    backends: ___,
    default: ____,
    ...auth
  } = (outgoingAuth ?? {}) as Record<string, unknown>;
  return { ...others, outgoingAuth: auth };
}

function shown({ mutant: { change }, injection, before, after }: Case) {
  const say = (verdict: Verdict | undefined) =>
    verdict && (verdict.ok ? 'accepts it' : `${verdict.stage}: ${verdict.error}`);
  const { decision, reason, message } = injection;
  return { change, before: say(before), after: say(after), ours: `${decision} ${reason} ${message}` };
}

describeWithToolHive(`${RUNS} odd texts as base configs (seed ${SEED})`, (ask) => {
  let cases: readonly Case[] = [];

  beforeAll(async () => {
    const mutants = fc.sample(mutant, { numRuns: RUNS, seed: SEED });
    const question = (yaml: string): ConfigQuestion => ({
      op: 'config',
      yaml,
      env: configEnv(),
      start: true,
      show: true,
    });
    const before = await ask(mutants.map(({ yaml }) => question(yaml)));
    const injections = await Promise.all(mutants.map(({ yaml }) => inject(yaml)));
    const delivered = injections.map(({ pod, decision }) =>
      decision === 'injected' ? deliveredConfig(pod) : undefined,
    );
    const texts = delivered.filter((text) => text !== undefined);
    const after = (await ask(texts.map(question)))[Symbol.iterator]();
    cases = mutants.map((one, index) => ({
      mutant: one,
      injection: injections[index]!,
      before: before[index]!,
      after: delivered[index] === undefined ? undefined : after.next().value,
    }));
  });

  const hasNote = ({ report }: Injection) =>
    report?.notes.some(({ reason }) => reason === 'vmcp-will-not-start') === true;

  it('are accepted by ToolHive after injection if they were before', () => {
    const worse = cases.filter(({ before, after }) => before.ok && after?.ok === false);
    expect(worse.map(shown)).toEqual([]);
  });

  it('are delivered with a note if they end the vMCP', () => {
    const unsaid = cases.filter(
      ({ after, injection }) => after?.ok === false && !hasNote(injection) && !isKnown(NOT_SAID, after.error),
    );
    expect(unsaid.map(shown)).toEqual([]);
  });

  it('are of all sorts', () => {
    const sorts = {
      acceptedAndDelivered: cases.filter(({ before, after }) => before.ok && after?.ok).length,
      refusedAndDelivered: cases.filter(({ before, after }) => !before.ok && after !== undefined).length,
      refusedAndSkipped: cases.filter(({ before, after }) => !before.ok && after === undefined).length,
    };
    for (const count of Object.values(sorts)) expect(count, JSON.stringify(sorts)).toBeGreaterThan(RUNS / 20);
  });

  it('mean to ToolHive afterwards what they meant before', () => {
    const changed = cases.filter(
      ({ before, after }) =>
        before.ok &&
        after?.ok &&
        JSON.stringify(untouched(before.config)) !== JSON.stringify(untouched(after.config)),
    );
    expect(changed.map(shown)).toEqual([]);
  });

  it('are not skipped when ToolHive reads them', () => {
    const skipped = cases.filter(
      ({ before, after, injection }) =>
        before.ok && after === undefined && !isKnown(NOT_READ, injection.message),
    );
    expect(skipped.map(shown)).toEqual([]);
  });
});
