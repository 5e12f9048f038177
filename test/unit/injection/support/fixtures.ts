import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ManifestDocument } from '../../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../../src/catalog/manifests/manifestCatalog.ts';
import { parseManifests } from '../../../../src/catalog/manifests/parseManifests.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../../src/injection/contract.ts';
import {
  createInjector,
  type Injection,
  type InjectionContext,
  type InjectionDeps,
} from '../../../../src/injection/injector.ts';
import { injectManifests } from '../../../../src/offline/inject.ts';
import { defaultPolicy } from '../../../../src/rules/policy/policy.ts';

export const FIXTURES = join(import.meta.dirname, '../fixtures');

/** Within the lifetime of every certificate of the fixtures. */
export const NOW = new Date('2027-01-01T00:00:00Z');

export function context(): InjectionContext {
  return { signal: new AbortController().signal, now: NOW };
}

export function fixtureNames(): string[] {
  return readdirSync(FIXTURES).sort();
}

export function readFixture(name: string): readonly ManifestDocument[] {
  const file = join(FIXTURES, name, 'input.yaml');
  const { documents, problems } = parseManifests(file, readFileSync(file, 'utf8'));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return documents;
}

export function depsOf(documents: readonly ManifestDocument[], secrets = false): InjectionDeps {
  return {
    catalog: manifestCatalog(documents, { secrets }),
    policy: defaultPolicy(),
    settings: DEFAULT_INJECTION_SETTINGS,
  };
}

/** Injects one Pod with an injector of its own, which has nothing in its cache. */
export function injectPod(
  pod: unknown,
  namespace: string,
  deps: InjectionDeps,
  request: InjectionContext,
): Promise<Injection> {
  return createInjector(deps).inject(pod, namespace, request);
}

export function injectAll(documents: readonly ManifestDocument[], secrets = false) {
  return injectManifests(documents, depsOf(documents, secrets), context());
}
