import { describe, expect, it } from 'vitest';
import type { Injection } from '../../../src/injection/injector.ts';
import { excessivePodBytes } from '../../../src/injection/podSize.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  virtualServer,
} from './support/cluster.ts';
import { context, depsOf, injectPod } from './support/fixtures.ts';
import { applyPatch } from './support/jsonPatch.ts';

/** etcd's default for `--max-request-bytes`. */
const ETCD_LIMIT = 1_572_864;
/** What is left for what others add to the Pod. */
const MARGIN = 200_000;

const CLUSTER = [GROUP, virtualServer(), baseConfigMap()];

/** An entry with headers of about so many bytes. */
function large(name: string, bytes: number): Raw {
  const headers = Array.from({ length: Math.ceil(bytes / 8_000) }, (_, index) => [
    `X-Header-${index}`,
    'x'.repeat(8_000),
  ]);
  return entry(name, { headerForward: { addPlaintextHeaders: Object.fromEntries(headers) } });
}

function bytesOf(pod: unknown): number {
  return Buffer.byteLength(JSON.stringify(pod));
}

/** Injects twice and returns the first answer; the second must change nothing. */
async function inject(objects: readonly Raw[], pod: unknown): Promise<Injection> {
  const first = await injectPod(pod, 'apps', depsOf(documents(objects)), context());
  const applied = applyPatch(pod, first.patch);
  expect((await injectPod(applied, 'apps', depsOf(documents(objects)), context())).patch).toEqual([]);
  return first;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `e${index + 10}`);
const leftOut = ({ report }: Injection) => report?.leftOut.map(({ name, reason }) => [name, reason]);

describe.each([
  ['operator-made', operatorMadePod],
  ['self-managed', selfManagedPod],
])('an %s Pod of a group with large headers', (_, makePod) => {
  it('can be stored: the largest backends are left out, and no more than that', async () => {
    const entries = names(14).map((name) => large(name, 120_000));
    const first = await inject([...CLUSTER, ...entries, entry('small')], makePod());
    expect(bytesOf(first.pod)).toBeLessThan(ETCD_LIMIT - MARGIN);
    expect(bytesOf(first.pod)).toBeGreaterThan(ETCD_LIMIT - MARGIN - 2 * 120_000);
    expect(leftOut(first)).toEqual(['e10', 'e11', 'e12', 'e13'].map((name) => [name, 'pod-too-large']));
    expect(first.report?.backends).toEqual([...names(14).slice(4), 'small']);
  });

  it.each([
    ['"', 22],
    ['$', 45],
    ['<', 14],
    ['漢', 30],
  ])('leaves out no more of them when they have to be escaped: %j', async (character, count) => {
    const headerForward = { addPlaintextHeaders: { X: character.repeat(20_000) } };
    const first = await inject(
      [...CLUSTER, ...names(count).map((name) => entry(name, { headerForward }))],
      makePod(),
    );
    expect(bytesOf(first.pod)).toBeLessThan(ETCD_LIMIT - MARGIN);
    expect(bytesOf(first.pod)).toBeGreaterThan(ETCD_LIMIT - MARGIN - 2 * 140_000);
  });

  it('keeps all of them when it can be stored', async () => {
    const first = await inject([...CLUSTER, ...names(9).map((name) => large(name, 120_000))], makePod());
    expect(first.report).toMatchObject({ backends: names(9), leftOut: [] });
  });

  it('is the same in whatever order the entries come', async () => {
    const entries = names(14).map((name, index) => large(name, 100_000 + (index % 3) * 8_000));
    const one = await inject([...CLUSTER, ...entries], makePod());
    const other = await inject([...entries.toReversed(), ...CLUSTER], makePod());
    expect(other.pod).toEqual(one.pod);
    expect(leftOut(one)?.length).toBeGreaterThan(0);
  });
});

it('the size of a Pod is that of its JSON or a little more, also of one that is nested too deeply to be written', () => {
  const pod = { spec: { containers: [], a: ['\u0001"é漢😀\n'.repeat(100_000)] } };
  const json = bytesOf(pod);
  expect(excessivePodBytes(pod)).toBeGreaterThanOrEqual(json);
  expect(excessivePodBytes(pod)).toBeLessThan(json + 100);
  const depth = 200_000;
  const nested = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  expect(excessivePodBytes({ spec: { containers: [], nested } })).toBeUndefined();
});

describe('a Pod that is large by itself', () => {
  const withEnv = (bytes: number) =>
    operatorMadePod({ env: names(bytes / 100_000).map((name) => ({ name, value: 'x'.repeat(100_000) })) });

  it('serves the backends for which there is room', async () => {
    const first = await inject([...CLUSTER, large('large', 120_000), entry('small')], withEnv(1_200_000));
    expect(first.report?.backends).toEqual(['small']);
    expect(leftOut(first)).toEqual([['large', 'pod-too-large']]);
  });

  it('is left as it is when there is room for none', async () => {
    const first = await inject([...CLUSTER, entry('small')], withEnv(1_400_000));
    expect(first).toMatchObject({ reason: 'config-too-large', patch: [] });
    expect(first.message).toMatch(
      /even without a backend of the group, at most 1310720 are allowed; make the Pod smaller/,
    );
  });
});
