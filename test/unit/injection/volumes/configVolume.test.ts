import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { baseConfigMap, configMap, documents, entry, GROUP, selfManagedPod } from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const BASE = 'team-vmcp-vmcp-config';
const CLUSTER = documents([GROUP, baseConfigMap(), configMap('extra', { 'x.yaml': 'x: 1' }), entry('e')]);

/** The self-managed Pod with these sources of its config volume, injected; settled after one pass. */
async function inject(sources: string) {
  const pod = structuredClone(selfManagedPod()) as unknown as { spec: { volumes: unknown[] } };
  pod.spec.volumes = [{ name: 'vmcp-config', projected: { sources: parse(sources) } }];
  const injection = await injectPod(pod, 'apps', depsOf(CLUSTER), context());
  const applied = applyPatch(pod, injection.patch) as typeof pod;
  expect((await injectPod(applied, 'apps', depsOf(CLUSTER), context())).patch).toEqual([]);
  return { ...injection, volume: applied.spec.volumes.at(-1) };
}

const ANNOTATION = {
  downwardAPI: {
    items: [
      {
        path: 'config.yaml',
        fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['vmcp-admission.dev/config.yaml']" },
      },
    ],
  },
};

describe('the injected volume', () => {
  it.each([
    [
      'a projected volume: the annotation takes the place of the ConfigMap',
      `[{secret: {name: s, items: [{key: k, path: tls.crt}]}}, {configMap: {name: ${BASE}}}, {configMap: {name: extra, items: [{key: x.yaml, path: x.yaml}]}}]`,
      [
        { secret: { name: 's', items: [{ key: 'k', path: 'tls.crt' }] } },
        ANNOTATION,
        { configMap: { name: 'extra', items: [{ key: 'x.yaml', path: 'x.yaml' }] } },
      ],
    ],
    [
      'a projected volume with items: no path is listed twice, however it is spelled',
      `[{configMap: {name: ${BASE}, items: [{key: config.yaml, path: .//config.yaml}, {key: more, path: more}]}}]`,
      [ANNOTATION, { configMap: { name: BASE, items: [{ key: 'more', path: 'more' }], optional: true } }],
    ],
    [
      'a projected volume with the permissions of an item: the annotation gets them',
      `[{configMap: {name: ${BASE}, items: [{key: config.yaml, path: config.yaml, mode: 292}]}}]`,
      [{ downwardAPI: { items: [{ ...ANNOTATION.downwardAPI.items[0], mode: 292 }] } }],
    ],
  ])('of %s', async (_, sources, expected) => {
    const { volume } = await inject(sources);
    expect(volume).toEqual({ name: 'vmcp-admission-config', projected: { sources: expected } });
  });
});
