import { expect, it } from 'vitest';
import { JudgingQueue } from '../../../src/stored/queue.ts';

it('gives what changed first, then the members of one namespace after another, each once', () => {
  const members = new Map([
    ['apps', new Set(['a1', 'a2', 'a3'])],
    ['web', new Set(['w1'])],
  ]);
  const queue = new JudgingQueue<string>((namespace) => members.get(namespace) ?? []);
  for (const namespace of ['apps', 'nowhere', 'web', 'apps']) queue.addNamespace(namespace);
  for (const item of ['w1', 'w1', 'gone']) queue.add(item);
  queue.remove('gone');
  expect([queue.next(), queue.next()]).toEqual(['w1', 'a1']);

  // In the middle of a namespace: a change goes first, a member that is removed is not given any more.
  queue.add('a3');
  members.get('apps')?.delete('a2');
  expect([queue.next(), queue.next(), queue.next()]).toEqual(['a3', 'a3', 'w1']);
  expect(queue.isEmpty).toBe(false);
  expect([queue.next(), queue.isEmpty]).toEqual([undefined, true]);
});
