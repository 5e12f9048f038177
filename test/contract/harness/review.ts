import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../../../src/offline/check.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { CEDAR, type Known } from './known.ts';
import type { ToolHiveObject } from './objects.ts';

/** What stops a vMCP and is not denied. Matched with ToolHive's error. */
export const NOT_DENIED: readonly Known[] = [
  { says: /" not found$/, why: 'What does not exist yet may come later: a warning.' },
  CEDAR,
];

export interface Denial {
  readonly rule: string;
  readonly text: string;
}

function documentOf(object: unknown) {
  return { file: 'case', document: 1, line: 1, object: object as KubernetesObject };
}

/** What is said of an object while all the others are there; one of the same kind and name is replaced. */
export async function findingsOf(object: ToolHiveObject, others: readonly ToolHiveObject[]) {
  const kept = others.filter(
    ({ kind, metadata }) => kind !== object.kind || metadata.name !== object.metadata.name,
  );
  const [checked] = await reviewManifests([documentOf(object)], {
    catalog: manifestCatalog([...kept, object].map(documentOf)),
    policy: defaultPolicy(),
    now: new Date(),
    signal: new AbortController().signal,
  });
  if (!checked) throw new Error(`${object.kind} is not reviewed`);
  return checked.verdict;
}

/** What is denied of an object while all the others are there. */
export async function denialsOf(
  object: ToolHiveObject,
  others: readonly ToolHiveObject[],
): Promise<Denial[]> {
  const { denials } = await findingsOf(object, others);
  return denials.map(({ rule, field, message }) => ({ rule, text: `${rule} ${field}: ${message}` }));
}
