import { expect, it } from 'vitest';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { mutateReviewer } from '../../../src/review/mutate.ts';
import { validateReviewer } from '../../../src/review/validate.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from '../injection/support/cluster.ts';
import { context, depsOf } from '../injection/support/fixtures.ts';

const AGES = [
  [undefined, 'not read yet'],
  [180_000, undefined],
  [181_000, 'last contact 181s ago'],
  [3_600_000, 'last contact 3600s ago'],
] as const;

function request(kind: AdmissionRequest['kind'], object: unknown): AdmissionRequest {
  return { uid: 'u', kind, namespace: 'apps', operation: 'CREATE', object, oldObject: undefined };
}

it.each(AGES)('a validation says in the audit log that a catalog of age %s is %s', async (age, said) => {
  const catalog = { ...manifestCatalog([]), ageMs: () => age };
  const review = validateReviewer({ catalog, policy: defaultPolicy() });
  const kind = { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPServerEntry' };
  const outcome = await review(request(kind, entry('one')), context());
  expect(outcome.audit.catalog).toBe(said);
});

it.each(AGES)('an injection says in the audit log that a catalog of age %s is %s', async (age, said) => {
  const deps = depsOf(documents([GROUP, virtualServer(), baseConfigMap(), entry('one')]));
  const review = mutateReviewer({ ...deps, catalog: { ...deps.catalog, ageMs: () => age } });
  const outcome = await review(
    request({ group: '', version: 'v1', kind: 'Pod' }, operatorMadePod()),
    context(),
  );
  expect(outcome.kind).toBe('patched');
  expect(outcome.audit.catalog).toBe(said);
});

it('a Pod that is not ours needs no catalog, so its age is not told', async () => {
  const deps = depsOf(documents([]));
  const review = mutateReviewer({ ...deps, catalog: { ...deps.catalog, ageMs: () => 3_600_000 } });
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'other', namespace: 'apps' },
    spec: { containers: [] },
  };
  const outcome = await review(request({ group: '', version: 'v1', kind: 'Pod' }, pod), context());
  expect(outcome.audit.catalog).toBeUndefined();
});
