import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writtenAt } from '../../../src/kubernetes/managedFields.ts';

/** An object with entries of `managedFields` as kube-apiserver 1.34 wrote them; the date is the same in all. */
function object(entries: string): unknown {
  const managedFields = (parse(entries) as { at?: string }[]).map(({ at, ...entry }) => ({
    ...entry,
    ...(at !== undefined && { time: `2026-11-28T${at}Z` }),
  }));
  return { metadata: { creationTimestamp: '2026-11-28T05:00:00Z', managedFields } };
}

const CREATED = `
- {manager: kubectl-create, operation: Update, at: "05:44:43", fieldsV1: {"f:data": {".": {}, "f:key": {}}, "f:type": {}}}`;
const PATCHED = `
- {manager: kubectl-create, operation: Update, at: "05:44:43", fieldsV1: {"f:data": {}, "f:type": {}}}
- {manager: kubectl-patch, operation: Update, at: "05:44:47", fieldsV1: {"f:data": {"f:key": {}}}}`;
const LABELLED = `${PATCHED}
- {manager: kubectl-label, operation: Update, at: "05:44:51", fieldsV1: {"f:metadata": {"f:labels": {"f:c": {}}}}}`;
const TWO_OWNERS = `
- {manager: kubectl, operation: Apply, at: "05:45:07", fieldsV1: {"f:data": {"f:key": {}}}}
- {manager: two, operation: Apply, at: "05:45:10", fieldsV1: {"f:data": {"f:key": {}, "f:other": {}}}}`;
const STRING_DATA = `
- {manager: kubectl, operation: Apply, at: "05:45:50", fieldsV1: {"f:stringData": {"f:key": {}}}}
- {manager: kubectl-patch, operation: Update, at: "05:45:48", fieldsV1: {"f:data": {"f:key": {}}}}`;
const BINARY = `
- {manager: x, operation: Update, at: "05:00:01", fieldsV1: {"f:binaryData": {"f:key": {}}}}`;

describe('when a key was written', () => {
  const rows: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    ['it was created', CREATED, 'key', '05:44:43'],
    ['another manager changed it', PATCHED, 'key', '05:44:47'],
    ['another manager changed a label', LABELLED, 'key', '05:44:47'],
    ['a second manager applied the same value later', TWO_OWNERS, 'key', '05:45:07'],
    ['the last of all keys', TWO_OWNERS, undefined, '05:45:10'],
    ['stringData was applied over a value that another manager had changed', STRING_DATA, 'key', '05:45:50'],
    [
      'another manager changed a value that was applied as stringData',
      STRING_DATA.replace('05:45:48', '05:45:52'),
      'key',
      '05:45:52',
    ],
    ['a key of binaryData', BINARY, 'key', '05:00:01'],
    ['a key that the object does not have', CREATED, 'absent', undefined],
    ['a key named as a field of objects', CREATED, 'constructor', undefined],
    [
      'an object without any key',
      '[{manager: x, at: "05:00:00", fieldsV1: {"f:type": {}}}]',
      undefined,
      undefined,
    ],
  ];

  it.each(rows)('%s', (_, entries, key, at) => {
    expect(writtenAt(object(entries), key)).toEqual(
      at === undefined ? undefined : { at: `2026-11-28T${at}Z`, exact: true },
    );
  });

  it.each([
    ['stripped', { creationTimestamp: '2026-11-28T05:00:00Z' }],
    ['empty', { creationTimestamp: '2026-11-28T05:00:00Z', managedFields: [] }],
    ['malformed', { creationTimestamp: '2026-11-28T05:00:00Z', managedFields: 'x' }],
  ])('is not known exactly without managedFields: %s', (_, metadata) => {
    expect(writtenAt({ metadata }, 'key')).toEqual({ at: '2026-11-28T05:00:00Z', exact: false });
  });

  it.each([undefined, null, {}, { metadata: { managedFields: [null, 7, { time: 5, fieldsV1: [] }] } }])(
    'never throws: %j',
    (raw) => {
      expect([undefined, { at: '', exact: false }]).toContainEqual(writtenAt(raw, 'key'));
    },
  );
});
