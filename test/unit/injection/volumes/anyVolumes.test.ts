import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, Volume } from '../../../../src/injection/pod/pod.ts';
import {
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod, readFixture } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const CA = readFixture('ca-volumes').find(({ object }) => object.kind === 'ConfigMap')?.object as unknown as {
  data: Record<string, string>;
};
const ROOT = '/etc/toolhive/ca-bundles/';
/** What an earlier pass calls the volume of entry `a` when the plain name is taken. */
const HASHED = 'ca-bundle-a-ca978112ca1bbdcafac231b39a23dc4d';

const NAMES = ['ca-bundle-a', 'ca-bundle-b', 'ca-bundle-c', HASHED, 'my-certs', 'vmcp-admission-config'];
const source = fc.constantFrom<Partial<Volume>>(
  { configMap: { name: 'foo' } },
  { configMap: { name: 'ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { configMap: { name: 'gone', optional: true, defaultMode: 256 } as Volume['configMap'] },
  { projected: { sources: [{ configMap: { name: 'foo' } }] } },
  { emptyDir: {} } as Partial<Volume>,
);
const volumes = fc
  .uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), source }), { selector: ({ name }) => name })
  .map((list) => list.map(({ name, source: given }) => ({ name, ...given })));
const path = fc.constantFrom(`${ROOT}a`, `${ROOT}a/`, `${ROOT}b`, `${ROOT}c`, ROOT, '/certs', '/data');
const mounts = fc.uniqueArray(
  fc.record(
    { name: fc.constantFrom(...NAMES), mountPath: path, subPath: fc.constant('x') },
    { requiredKeys: ['name', 'mountPath'] },
  ),
  { maxLength: 4, selector: ({ mountPath }) => mountPath.replace(/\/$/, '') },
);
const entries = fc.subarray([
  entry('a', { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } }),
  {
    ...entry('b', { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } }),
    status: { phase: 'Failed' },
  },
  entry('c'),
]);
const mode = fc.constantFrom<'static' | 'dynamic' | 'self-managed'>('static', 'dynamic', 'self-managed');

interface Use {
  readonly container: 'vmcp' | 'other';
  readonly path: string;
}

const clusters = fc.record({
  volumes,
  mounts,
  sidecar: mounts,
  init: mounts,
  ephemeral: mounts,
  entries,
  mode,
});

/** The Pod of a generated cluster. A mount of a volume that is not there is left away: no API server takes it. */
function makePod(given: typeof clusters extends fc.Arbitrary<infer T> ? T : never): Pod {
  const raw = structuredClone(
    given.mode === 'self-managed' ? selfManagedPod() : operatorMadePod(),
  ) as unknown;
  const pod = raw as { spec: { volumes: Volume[]; containers: { volumeMounts: unknown[] }[] } };
  const present = (list: typeof given.mounts) =>
    list.filter(({ name }) => given.volumes.some((volume) => volume.name === name));
  pod.spec.volumes.push(...given.volumes);
  pod.spec.containers[0]?.volumeMounts.push(...present(given.mounts));
  const other = (name: string, list: typeof given.mounts) => ({ name, volumeMounts: present(list) });
  pod.spec.containers.push(other('sidecar', given.sidecar));
  Object.assign(pod.spec, {
    initContainers: [other('init', given.init)],
    ephemeralContainers: [other('ephemeral', given.ephemeral)],
  });
  // No part is the same object as another one: a patch of one must not change the other.
  return JSON.parse(JSON.stringify(raw));
}

function usesOf(pod: Pod, name: string): Use[] {
  const { containers, initContainers, ephemeralContainers } = pod.spec as unknown as Record<
    string,
    Pod['spec']['containers']
  >;
  const all = [...(containers ?? []), ...(initContainers ?? []), ...(ephemeralContainers ?? [])];
  return all.flatMap((container) =>
    (container.volumeMounts ?? [])
      .filter((mount) => mount.name === name)
      .map(({ mountPath }) => ({
        container: container.name === 'vmcp' ? ('vmcp' as const) : ('other' as const),
        path: mountPath.replace(/\/$/, ''),
      })),
  );
}

/** The entry at whose directory alone the vMCP uses the volume. */
function onlyEntry(uses: readonly Use[]): string | undefined {
  const [first] = uses;
  if (!first?.path.startsWith(ROOT)) return undefined;
  const same = uses.every(({ container, path: used }) => container === 'vmcp' && used === first.path);
  return same ? first.path.slice(ROOT.length) : undefined;
}

describe('the volumes of any Pod', () => {
  const run = (property: (pod: Pod, result: Pod, served: readonly string[], mode: string) => void) =>
    fc.assert(
      fc.asyncProperty(clusters, async (given) => {
        const discovered = given.mode === 'dynamic' && { source: 'discovered' };
        const objects: Raw[] = [GROUP, virtualServer({ ...discovered }), baseConfigMap(), ...given.entries];
        const deps = depsOf(documents([...objects, configMap('ca', CA.data), configMap('foo', {})]));
        const pod = makePod(given);
        const { patch, report } = await injectPod(pod, 'apps', deps, context());
        const result = applyPatch(pod, patch) as Pod;
        expect((await injectPod(result, 'apps', deps, context())).patch).toEqual([]);
        property(pod, result, report?.backends ?? [], given.mode);
      }),
      { numRuns: 400 },
    );

  it('stay as they are, unless the vMCP uses them for one entry and for nothing else', () =>
    run((pod, result, served) => {
      for (const volume of pod.spec.volumes ?? []) {
        const after = result.spec.volumes?.find(({ name }) => name === volume.name);
        const uses = usesOf(pod, volume.name);
        const of = onlyEntry(uses);
        const ofA = ['ca-bundle-a', HASHED].includes(volume.name) && served.includes('a');
        const isFree = uses.length === 0 && (ofA || volume.name === 'vmcp-admission-config');
        if (isFree || (of !== undefined && served.includes(of))) continue;
        const optional = volume.configMap && {
          ...volume,
          configMap: { ...volume.configMap, optional: true },
        };
        if (of !== undefined && volume.name === `ca-bundle-${of}`)
          expect([volume, optional]).toContainEqual(after);
        else expect(after).toEqual(volume);
      }
    }));

  it('are mounted into other containers as before', () =>
    run((pod, result) => {
      const others = ({ spec }: Pod) => [
        spec.containers.slice(1),
        (spec as { initContainers?: unknown }).initContainers,
        (spec as { ephemeralContainers?: unknown }).ephemeralContainers,
      ];
      expect(others(result)).toEqual(others(pod));
    }));

  it('have names and mount paths that differ, and every mount has its volume', () =>
    run((_, result) => {
      const names = (result.spec.volumes ?? []).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      const own = result.spec.containers[0]?.volumeMounts ?? [];
      const paths = own.map(({ mountPath }) => mountPath.replace(/\/$/, ''));
      expect(new Set(paths).size).toBe(paths.length);
      for (const { name } of own) expect(names).toContain(name);
    }));

  it('keep the mounts of the vMCP, but for its config and the bundles of served entries', () =>
    run((pod, result, served) => {
      const after = result.spec.containers[0]?.volumeMounts ?? [];
      for (const mount of pod.spec.containers[0]?.volumeMounts ?? []) {
        const entryName = mount.mountPath.replace(/\/$/, '').slice(ROOT.length);
        const ofEntry = mount.mountPath.startsWith(ROOT) && served.includes(entryName) && entryName === 'a';
        if (mount.name === 'vmcp-config') continue;
        const now = after.find(({ mountPath }) => mountPath === mount.mountPath);
        if (!ofEntry) expect(now).toEqual(mount);
        else if (!mount.name.startsWith('ca-bundle-a')) expect(now).toEqual(mount);
      }
    }));
});

/** The API server refuses such a Pod, but asks webhooks first: the uses of each volume were all looked at for each of them. */
it('thousands of volumes of one name do not keep the webhook for long', async () => {
  const name = 'ca-bundle-a';
  const pod = structuredClone(operatorMadePod()) as unknown as {
    spec: { volumes: unknown[]; containers: { volumeMounts: unknown[] }[] };
  };
  pod.spec.volumes.push(...Array(9_000).fill({ name, configMap: { name: 'ca' } }));
  pod.spec.containers[0]?.volumeMounts.push(...Array(9_000).fill({ name, mountPath: `${ROOT}a` }));
  const deps = depsOf(documents([virtualServer(), baseConfigMap()]));
  const { decision } = await injectPod(pod, 'apps', deps, context());
  expect(decision).toBe('injected');
});
