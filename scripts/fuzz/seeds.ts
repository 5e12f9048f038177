import { join } from 'node:path';
import { readManifests } from '../../src/catalog/manifests/readManifests.ts';
import { PLURALS, type ToolhiveKind, toolhiveKind } from '../../src/toolhive/kinds.ts';
import { objectsOf } from '../rule-docs/examples.ts';
import { parsePage, readPages } from '../rule-docs/page.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A review to start from, and where it goes. */
export interface Seed {
  readonly path: '/validate' | '/mutate';
  readonly review: object;
}

interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly template?: { readonly metadata?: object; readonly spec?: object } };
}

function toReview(object: Sample, request: Record<string, unknown>, resource: string): object {
  const [group = '', version = ''] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group, version, kind: object.kind },
      resource: { group, version, resource },
      name: object.metadata?.name,
      namespace: object.metadata?.namespace ?? 'default',
      userInfo: { username: 'fuzz' },
      dryRun: false,
      ...request,
    },
  };
}

function seedsOf(object: Sample): Seed[] {
  const kind = toolhiveKind(object);
  if (kind !== undefined) {
    const path = '/validate' as const;
    const review = (request: Record<string, unknown>) =>
      toReview(object, request, PLURALS[kind as ToolhiveKind]);
    const update = { operation: 'UPDATE', object, oldObject: object };
    return [
      { path, review: review({ operation: 'CREATE', object }) },
      { path, review: review(update) },
      { path, review: review({ ...update, subResource: 'status' }) },
      { path, review: review({ operation: 'DELETE', oldObject: object }) },
    ];
  }
  const template = object.kind === 'Pod' ? object : object.spec?.template;
  if (template?.spec === undefined) return [];
  const metadata = { ...object.metadata, ...template.metadata, generateName: `${object.metadata?.name}-` };
  const pod = { ...template, apiVersion: 'v1', kind: 'Pod', metadata };
  return [{ path: '/mutate', review: toReview(pod, { operation: 'CREATE', object: pod }, 'pods') }];
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
