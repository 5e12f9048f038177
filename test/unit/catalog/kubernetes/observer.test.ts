import { expect, it } from 'vitest';
import { type KindStatus, notFollowed, notSynced } from '../../../../src/catalog/kubernetes/observer.ts';

const GOOD: KindStatus = {
  kind: 'MCPServer',
  namespace: 'team-1',
  synced: true,
  objects: 1,
  malformed: 0,
  bytes: 1,
  ageMs: 60_000,
  problem: undefined,
};
const refused = { ...GOOD, namespace: 'team-2', problem: 'the API server answered 403: no' };

it.each([
  ['all are synced', [GOOD], undefined],
  ['one is not', [GOOD, { ...GOOD, synced: false }], 'no complete copy yet of MCPServer in namespace team-1'],
  [
    'some are not, one with a reason',
    [GOOD, { ...GOOD, synced: false }, { ...refused, synced: false }],
    'no complete copy yet of MCPServer in namespace team-2 (the API server answered 403: no), and of 1 more',
  ],
  [
    'the whole cluster',
    [{ ...GOOD, synced: false, namespace: undefined }],
    'no complete copy yet of MCPServer',
  ],
])('what is not synced: %s', (_, statuses, text) => {
  expect(notSynced(statuses)).toBe(text);
});

it.each([
  ['all are', [GOOD, refused], undefined],
  [
    'one is stale',
    [GOOD, { ...refused, ageMs: 200_000 }],
    'for three minutes nothing has shown that this copy is right: MCPServer in namespace team-2 (the API server answered 403: no)',
  ],
  [
    'two are',
    [
      { ...GOOD, ageMs: undefined },
      { ...GOOD, ageMs: 200_000 },
    ],
    'for three minutes nothing has shown that this copy is right: MCPServer in namespace team-1, and of 1 more',
  ],
])('what is not followed: %s', (_, statuses, text) => {
  expect(notFollowed(statuses)).toBe(text);
});
