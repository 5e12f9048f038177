import { expect, it } from 'vitest';
import type { Lookup } from '../../../../src/catalog/catalog.ts';
import type { Decode, LiveReader } from '../../../../src/catalog/kubernetes/liveReader.ts';
import { NamespaceLabels } from '../../../../src/catalog/kubernetes/namespaceLabels.ts';
import type { Clock } from '../../../../src/catalog/kubernetes/timing.ts';
import type { Labels } from '../../../../src/kubernetes/labelSelector.ts';

type Answer = Lookup<unknown>;

/** Labels behind an API server that gives these answers, one after the other; the clock moves by `wait`. */
function labelled(...answers: Answer[]) {
  let now = 0;
  let asked = 0;
  const read = async <T>(_wanted: unknown, decode: Decode<T>): Promise<Lookup<T>> => {
    const answer = answers[asked++] ?? { state: 'missing' as const };
    if (answer.state !== 'found') return answer;
    const decoded = decode(answer.value);
    return 'value' in decoded
      ? { state: 'found', value: decoded.value }
      : { state: 'unavailable', reason: decoded.problem };
  };
  const labels = new NamespaceLabels({ read } as unknown as LiveReader, { now: () => now } as Clock);
  return {
    read: () => labels.read('apps', new AbortController().signal),
    wait: (ms: number) => {
      now += ms;
    },
    asked: () => asked,
  };
}

const namespace = (labels: unknown): Answer => ({ state: 'found', value: { metadata: { labels } } });
const found = (value: Labels) => ({ state: 'found', value });
const FAILED: Answer = { state: 'unavailable', reason: '500' };

it('asks again after ten seconds', async () => {
  const { read, wait, asked } = labelled(namespace({ a: '1' }), namespace({ a: '2' }));
  expect(await read()).toEqual(found({ a: '1' }));
  wait(9_999);
  expect(await read()).toEqual(found({ a: '1' }));
  expect(asked()).toBe(1);
  wait(1);
  expect(await read()).toEqual(found({ a: '2' }));
});

it('keeps the last labels while the API server does not answer, and asks every ten seconds', async () => {
  const { read, wait, asked } = labelled(namespace({ a: '1' }), FAILED, namespace({}));
  await read();
  wait(60_000);
  expect(await read()).toEqual(found({ a: '1' }));
  expect(await read()).toEqual(found({ a: '1' }));
  expect(asked()).toBe(2);
  wait(10_000);
  expect(await read()).toEqual(found({}));
});

it('knows nothing of a namespace that is gone, and of one that could never be read', async () => {
  const gone = labelled(namespace({ a: '1' }), { state: 'missing' }, FAILED);
  await gone.read();
  gone.wait(60_000);
  expect(await gone.read()).toEqual({ state: 'missing' });
  expect(await gone.read()).toEqual(FAILED);
});

it.each([
  ['a list', ['a']],
  ['a number', { a: 1 }],
])('refuses labels that are %s', async (_, labels) => {
  expect(await labelled(namespace(labels)).read()).toMatchObject({ state: 'unavailable' });
});
