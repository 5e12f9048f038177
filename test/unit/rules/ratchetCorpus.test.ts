import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { RULE_IDS } from '../../../src/rules/index.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { CORPUS_FILES, type CorpusCase, corpusOf } from '../../support/corpus.ts';
import { review } from './support.ts';

/** Denies whatever a rule says. */
const STRICT: Policy = {
  ...defaultPolicy(),
  levels: Object.fromEntries(RULE_IDS.map((id) => [id, 'deny'])) as Policy['levels'],
};

type Path = readonly (string | number)[];
type Json = Record<string | number, unknown>;

/** The paths of the lists with several items below a value. */
function* listsIn(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value) && value.length > 1) yield path;
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) yield* listsIn(item, [...path, key]);
}

/** The object with one of its lists the other way round. */
function withReversed(object: KubernetesObject, path: Path): KubernetesObject {
  const copy = structuredClone(object);
  const list = path.reduce<unknown>((value, key) => (value as Json)[key], copy);
  (list as unknown[]).reverse();
  return copy;
}

/** Updates of a stored object that change nothing, or only the order of a list. */
function updatesOf(object: KubernetesObject): KubernetesObject[] {
  const labels = { ...object, metadata: { ...(object.metadata as object), labels: { a: 'b' } } };
  return [labels, ...[...listsIn(object)].map((path) => withReversed(object, path))];
}

async function denialsOf({ object: stored, neighbours }: CorpusCase, object: unknown, policy: Policy) {
  const oldObject = stored as unknown as KubernetesObject;
  const cluster = [...(neighbours as unknown as KubernetesObject[]), oldObject];
  const outcome = await review({ object, oldObject, cluster, policy, namespace: 't', secrets: true });
  return outcome.kind === 'denied' ? outcome.causes.map(({ field, message }) => `${field}: ${message}`) : [];
}

it.each(CORPUS_FILES)(
  'an object that is stored may get labels, and its lists another order: %s',
  async (file) => {
    const denied: unknown[] = [];
    for (const one of corpusOf(file))
      for (const object of updatesOf(one.object as unknown as KubernetesObject))
        for (const policy of [defaultPolicy(), STRICT]) {
          const causes = await denialsOf(one, object, policy);
          if (causes.length > 0) denied.push([one.line, causes]);
        }
    expect(denied).toEqual([]);
  },
);
