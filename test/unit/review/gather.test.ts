import { expect, it } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { gatherFacts } from '../../../src/review/gather.ts';
import { readServerEntry } from '../../../src/toolhive/models/serverEntry.ts';
import { entry } from '../rules/support.ts';

const CONTEXT = { signal: new AbortController().signal, now: new Date('2026-06-01T00:00:00Z') };

/** What is read for an entry with the reference. */
async function readsFor(configMapRef: object | undefined) {
  const reads: string[] = [];
  const configMap: Catalog['configMap'] = async (namespace, name) => {
    reads.push(`${namespace}/${name}`);
    return { state: 'missing' };
  };
  const read = readServerEntry(entry(configMapRef && { caBundleRef: { configMapRef } }));
  if (!read.ok) throw new Error('no entry');
  const facts = await gatherFacts(read.value, { ...manifestCatalog([]), configMap }, CONTEXT);
  return { reads, configMap: facts.configMap };
}

it('the ConfigMap of a CA bundle is read', async () => {
  expect(await readsFor({ name: 'ca', key: 'ca.crt' })).toEqual({
    reads: ['default/ca'],
    configMap: { state: 'missing' },
  });
});

it.each([
  ['no reference', undefined],
  ['an empty name', { name: '', key: 'ca.crt' }],
  ['a name that no ConfigMap can have', { name: 'Corp_CA', key: 'ca.crt' }],
  ['a key that no ConfigMap can have', { name: 'ca', key: '../ca.crt' }],
])('nothing is read with %s', async (_, ref) => {
  expect(await readsFor(ref)).toEqual({ reads: [], configMap: undefined });
});
