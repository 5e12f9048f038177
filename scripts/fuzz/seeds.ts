import { join } from 'node:path';
import { readManifests } from '../../src/catalog/manifests/readManifests.ts';
import { toolhiveKind } from '../../src/toolhive/kinds.ts';
import { type Reviewed, reviewOf } from '../../test/support/reviews.ts';
import { objectsOf } from '../rule-docs/examples.ts';
import { parsePage, readPages } from '../rule-docs/page.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A review to start from, and where it goes. */
export interface Seed {
  readonly path: '/validate' | '/mutate';
  readonly review: object;
}

interface Sample extends Reviewed {
  readonly spec?: { readonly template?: { readonly metadata?: object; readonly spec?: object } };
}

function seedsOf(object: Sample): Seed[] {
  if (toolhiveKind(object) !== undefined) {
    const path = '/validate' as const;
    const update = { operation: 'UPDATE', oldObject: object };
    return [
      { path, review: reviewOf(object) },
      { path, review: reviewOf(object, update) },
      { path, review: reviewOf(object, { ...update, subResource: 'status' }) },
      { path, review: reviewOf(object, { operation: 'DELETE', object: null, oldObject: object }) },
    ];
  }
  const template = object.kind === 'Pod' ? object : object.spec?.template;
  if (template?.spec === undefined) return [];
  const metadata = { ...object.metadata, ...template.metadata, generateName: `${object.metadata?.name}-` };
  return [{ path: '/mutate', review: reviewOf({ ...template, apiVersion: 'v1', kind: 'Pod', metadata }) }];
}

/** The objects of examples/ and of the pages of docs/rules: the catalog, and the reviews that mutants are made of. */
export async function readSeeds(): Promise<{
  readonly objects: readonly object[];
  readonly seeds: readonly Seed[];
}> {
  const examples = await readManifests([join(ROOT, 'examples')]);
  const objects = examples.documents.map(({ object }) => object as unknown as Sample);
  const bad: Sample[] = [];
  for (const [id, text] of readPages()) {
    const page = parsePage(id, text);
    for (const block of [page.before, page.good])
      for (const { object } of await objectsOf(block)) {
        const sample = object as unknown as Sample;
        objects.push({ ...sample, metadata: { ...sample.metadata, namespace: id } });
      }
    for (const { object } of await objectsOf(page.bad)) {
      const sample = object as unknown as Sample;
      bad.push({ ...sample, metadata: { ...sample.metadata, namespace: id } });
    }
  }
  return { objects, seeds: [...objects, ...bad].flatMap(seedsOf) };
}
