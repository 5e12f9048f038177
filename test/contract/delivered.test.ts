import fc from 'fast-check';
import { expect, it } from 'vitest';
import { documents, operatorMadePod, type Raw, selfManagedPod } from '../unit/injection/support/cluster.ts';
import {
  context,
  depsOf,
  fixtureNames,
  injectAll,
  injectPod,
  readFixture,
} from '../unit/injection/support/fixtures.ts';
import { cluster, ownedCluster } from '../unit/injection/support/generators.ts';
import { deliveredConfig, environments } from './harness/containers.ts';
import { SEED } from './harness/seed.ts';
import { type ConfigQuestion, describeWithToolHive, type Verdict } from './harness/toolhive.ts';

/** One question for each environment in which the Pod may start; none for a Pod without a config. */
function questions(pod: unknown): ConfigQuestion[] {
  const yaml = deliveredConfig(pod);
  if (yaml === undefined) return [];
  return environments(pod).map((env) => ({ op: 'config', yaml, env }));
}

/** What ToolHive refuses, each with its config. */
function refusals(asked: readonly ConfigQuestion[], verdicts: readonly Verdict[]) {
  return asked.flatMap(({ yaml }, index) => {
    const { ok, stage, error } = verdicts[index]!;
    return ok ? [] : [{ stage, error, yaml }];
  });
}

async function generatedPods(clusters: fc.Arbitrary<Raw[]>, pod: Raw, numRuns: number): Promise<unknown[]> {
  const pods: unknown[] = [];
  for (const objects of fc.sample(clusters, { numRuns, seed: SEED }))
    pods.push((await injectPod(pod, 'apps', depsOf(documents(objects)), context())).pod);
  return pods;
}

describeWithToolHive('ToolHive accepts the config that injection delivers', (ask) => {
  it('in every fixture', async () => {
    const asked: ConfigQuestion[] = [];
    for (const name of fixtureNames())
      for (const { injection } of await injectAll(readFixture(name))) asked.push(...questions(injection.pod));
    expect(asked.length).toBeGreaterThan(20);
    expect(refusals(asked, await ask(asked))).toEqual([]);
  });

  it.each([
    ['operator-made Pods', cluster, operatorMadePod()],
    ['self-managed Pods', ownedCluster, selfManagedPod()],
  ])(`in 300 generated clusters with %s (seed ${SEED})`, async (_, clusters, pod) => {
    const asked = (await generatedPods(clusters, pod, 300)).flatMap(questions);
    expect(asked).toHaveLength(600);
    expect(refusals(asked, await ask(asked))).toEqual([]);
  });
});
