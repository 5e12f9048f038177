import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { injectPod } from '../../../../src/injection/injector.ts';
import { baseConfigMap, configMap, documents, entry, GROUP, selfManagedPod } from '../support/cluster.ts';
import { context, depsOf } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const BASE = 'team-vmcp-vmcp-config';
const CLUSTER = documents([
  GROUP,
  baseConfigMap(),
  configMap('extra', { 'x.yaml': 'x: 1' }),
  configMap('broken', { 'config.yaml': 'a: [' }),
  entry('e'),
]);

/** The self-managed Pod with these sources of its config volume, injected; settled after one pass. */
async function inject(sources: string) {
  const pod = structuredClone(selfManagedPod()) as unknown as { spec: { volumes: unknown[] } };
  pod.spec.volumes = [{ name: 'vmcp-config', projected: { sources: parse(sources) } }];
  const injection = await injectPod(pod, 'apps', depsOf(CLUSTER), context());
  const applied = applyPatch(pod, injection.patch) as typeof pod;
  expect((await injectPod(applied, 'apps', depsOf(CLUSTER), context())).patch).toEqual([]);
  return { ...injection, volume: applied.spec.volumes.at(-1) };
}

const OURS = {
  downwardAPI: {
    items: [
      {
        path: 'config.yaml',
        fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['vmcp-admission.dev/config.yaml']" },
      },
    ],
  },
};

describe('a config in a projected volume of several ConfigMaps', () => {
  it.each([
    ['the one that has the key, in front', `[{configMap: {name: ${BASE}}}, {configMap: {name: extra}}]`],
    ['the one that has the key, at the end', `[{configMap: {name: extra}}, {configMap: {name: ${BASE}}}]`],
    ['the later one of two', `[{configMap: {name: broken}}, {configMap: {name: ${BASE}}}]`],
    [
      'the one before one that does not exist',
      `[{configMap: {name: ${BASE}}}, {configMap: {name: none, optional: true}}]`,
    ],
    [
      'the later one of two, whatever is listed',
      `[{configMap: {name: broken, items: [{key: config.yaml, path: config.yaml}]}}, {configMap: {name: ${BASE}}}]`,
    ],
  ])('is read from %s', async (_, sources) => {
    const { report } = await inject(sources);
    expect(report).toMatchObject({ backends: ['e'], base: { configMap: BASE, key: 'config.yaml' } });
  });

  it('comes last, since that wins, and no path is listed twice', async () => {
    const { volume } = await inject(
      `[{configMap: {name: broken, items: [{key: config.yaml, path: config.yaml}]}}, {configMap: {name: ${BASE}}}, {configMap: {name: extra, items: [{key: x.yaml, path: x.yaml}]}}]`,
    );
    expect(volume).toEqual({
      name: 'vmcp-admission-config',
      projected: {
        sources: [
          { configMap: { name: BASE, optional: true } },
          { configMap: { name: 'extra', items: [{ key: 'x.yaml', path: 'x.yaml' }] } },
          OURS,
        ],
      },
    });
  });

  it('is not looked for in more ConfigMaps than can be read in time', async () => {
    const sources = Array.from({ length: 9 }, (_, index) => `{configMap: {name: c${index}}}`);
    const { reason, message } = await inject(`[${sources}]`);
    expect(reason).toBe('config-not-mounted');
    expect(message).toContain('9 ConfigMaps may have it; list the files of each in items');
  });

  it('is missing when none has the key, with one sentence for each', async () => {
    const { reason, message } = await inject('[{configMap: {name: none}}, {configMap: {name: extra}}]');
    expect(reason).toBe('config-map-missing');
    expect(message).toBe(
      'ConfigMap "extra" has no key "config.yaml" in its data; ConfigMap "none", behind the vMCP\'s --config, does not exist',
    );
  });
});
