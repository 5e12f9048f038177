import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { INJECTION_KINDS, type NamespaceView } from '../../../src/catalog/catalog.ts';
import { injectManifests } from '../../../src/offline/inject.ts';
import type { ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import {
  context,
  depsOf,
  FIXTURES,
  fixtureNames,
  injectAll,
  injectPod,
  readFixture,
} from './support/fixtures.ts';
import { applyPatch } from './support/jsonPatch.ts';

/** Whole objects beside each other: `input.yaml` is what a cluster holds, `expected.yaml` what its Pods become. */
describe.each(fixtureNames())('fixture %s', (name) => {
  const documents = readFixture(name);

  it('gives the Pods, reasons and reports that stand in expected.yaml', async () => {
    const items = (await injectAll(documents)).map(({ injection }) => {
      const { decision, reason, message, report, pod } = injection;
      const { config, rest } = split(pod);
      return { decision, reason, message, leftOut: report?.leftOut, notes: report?.notes, config, pod: rest };
    });
    const text = items
      .map((item) => stringify(item, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    await expect(text).toMatchFileSnapshot(join(FIXTURES, name, 'expected.yaml'));
  });

  it('gives a patch that makes the planned Pod out of the given one', async () => {
    for (const { pod, injection } of await injectAll(documents))
      expect(applyPatch(pod, injection.patch)).toEqual(JSON.parse(JSON.stringify(injection.pod)));
  });

  it('changes nothing when it is applied to its own result', async () => {
    for (const { injection, namespace } of await injectAll(documents)) {
      const pod = JSON.parse(JSON.stringify(injection.pod));
      const again = await injectPod(pod, namespace, depsOf(documents), context());
      expect(again.patch).toEqual([]);
    }
  });

  it('asks for no kind but those whose changes make another revision', async () => {
    const deps = depsOf(documents);
    const namespace = (of: string) => guarded(deps.catalog.namespace(of));
    const watched = { ...deps, catalog: { ...deps.catalog, namespace } };
    const injections = await injectManifests(documents, watched, context());
    const plain = await injectAll(documents);
    expect(injections.map(({ injection }) => injection)).toEqual(plain.map(({ injection }) => injection));
  });

  it('never replaces a list as a whole', async () => {
    for (const { injection } of await injectAll(documents))
      for (const operation of injection.patch)
        if (operation.op === 'replace') expect(Array.isArray(operation.value)).toBe(false);
  });
});

/** A view that throws when it is asked for an object that injection must not depend on. */
function guarded(view: NamespaceView): NamespaceView {
  const refuse = (what: string) => {
    throw new Error(`injection asks for ${what}`);
  };
  return new Proxy(view, {
    get(target, property) {
      if (property === 'referrersOf') return refuse;
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== 'get') return value.bind(target);
      return (kind: ToolhiveKind, name: string) =>
        INJECTION_KINDS.some((read) => read === kind) ? target.get(kind, name) : refuse(`${kind} ${name}`);
    },
  });
}

/** The annotations apart from the Pod, so that the config reads as a config. */
function split(pod: unknown): { config: string | undefined; rest: unknown } {
  const copy = structuredClone(pod) as { metadata?: { annotations?: Record<string, string> } };
  const annotations = copy.metadata?.annotations;
  const config = annotations?.['vmcp-admission.dev/config.yaml'];
  if (config !== undefined && annotations) {
    delete annotations['vmcp-admission.dev/config.yaml'];
    delete annotations['vmcp-admission.dev/report'];
  }
  return { config, rest: copy };
}
