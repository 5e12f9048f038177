import { expect, it } from 'vitest';
import { injectPod } from '../../../src/injection/inject.ts';
import { baseConfigMap, documents, entry, GROUP, selfManagedPod } from './support/cluster.ts';
import { context, depsOf } from './support/fixtures.ts';

it.each(['constructor', 'one'])('a backend called %s has no auth that nobody chose for it', async (name) => {
  const deps = depsOf(documents([GROUP, baseConfigMap(), entry(name)]));
  const { report } = await injectPod(selfManagedPod(), 'apps', deps, context());
  expect(report).toMatchObject({ backends: [name], leftOut: [] });
});
