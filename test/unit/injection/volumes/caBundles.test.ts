import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../../src/injection/pod/pod.ts';
import { caVolumeName } from '../../../../src/injection/volumes/caBundles.ts';
import { isObjectName } from '../../../../src/kubernetes/objectNames.ts';
import { operatorCaVolumeName } from '../../../../src/toolhive/names.ts';
import {
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod, readFixture } from '../support/fixtures.ts';

const CA = readFixture('ca-volumes').find(({ object }) => object.kind === 'ConfigMap')?.object as unknown as {
  data: Record<string, string>;
};
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const free = () => false;
const hashForm = (name: string) => caVolumeName(`x.${name}`, free).replace('ca-bundle-', '');

/** Any DNS subdomain of up to 253 characters. */
const subdomain = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/), { minLength: 1, maxLength: 6 })
  .map(
    (labels) =>
      labels
        .join('.')
        .slice(0, 253)
        .replace(/[-.]+$/, '') || 'a',
  );
/** Also names that aim at the volume name of others. An entry of another name is not served. */
const entryName = fc
  .oneof(
    subdomain,
    subdomain.map((name) => name.replaceAll('.', '-').slice(0, 253)),
    subdomain.map(hashForm),
    subdomain.map((name) => operatorCaVolumeName(name).replace('ca-bundle-', '')),
  )
  .filter(isObjectName);

/** The volume names that injection gives the CA bundles of the entries, by entry. */
async function volumeNames(entries: readonly string[]) {
  const withCa = entries.map((name) =>
    entry(name, {
      remoteUrl: 'https://a.example/mcp',
      caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } },
    }),
  );
  const objects = [GROUP, virtualServer(), baseConfigMap(), configMap('ca', CA.data), ...withCa];
  const injection = await injectPod(operatorMadePod(), 'apps', depsOf(documents(objects)), context());
  const mounts = (injection.pod as Pod).spec.containers[0]?.volumeMounts ?? [];
  const root = '/etc/toolhive/ca-bundles/';
  const names = mounts.flatMap(({ name, mountPath }) =>
    mountPath.startsWith(root) ? [[mountPath.slice(root.length), name] as const] : [],
  );
  return new Map(names.sort());
}

describe('the volume names of CA bundles', () => {
  it('are DNS labels and differ, for any set of entry names up to 253 characters', () =>
    fc.assert(
      fc.asyncProperty(fc.uniqueArray(entryName, { maxLength: 12 }), async (entries) => {
        const names = [...(await volumeNames(entries)).values()];
        expect(names).toHaveLength(entries.length);
        expect(new Set(names).size).toBe(entries.length);
        for (const name of names) expect(name).toMatch(LABEL);
      }),
      { numRuns: 200 },
    ));

  it('are DNS labels for any entry name up to 253 characters, whatever is taken', () => {
    fc.assert(
      fc.property(entryName, fc.nat(2), (name, count) => {
        const taken = new Set<string>();
        for (let index = 0; index <= count; index++) {
          const volume = caVolumeName(name, (given) => taken.has(given));
          expect(volume).toMatch(LABEL);
          expect(taken.has(volume)).toBe(false);
          taken.add(volume);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('do not depend on the order of the entries', () =>
    fc.assert(
      fc.asyncProperty(fc.uniqueArray(entryName, { maxLength: 8 }), async (entries) => {
        expect(await volumeNames(entries.toReversed())).toEqual(await volumeNames(entries));
      }),
    ));

  it('are the operator’s own where they can be, so that its volumes are reused', () => {
    expect(caVolumeName('billing', free)).toBe('ca-bundle-billing');
  });

  it('avoid what other volumes of the Pod are called', () => {
    const name = caVolumeName('billing', (volume) => volume === 'ca-bundle-billing');
    expect(name).toMatch(/^ca-bundle-billing-[0-9a-f]{32}$/);
  });

  it('avoid a plain name that looks like the hash form of another entry', async () => {
    const imitation = hashForm('a');
    const names = await volumeNames(['x.a', imitation]);
    expect(names.get(imitation)).toBe(`ca-bundle-${imitation}`);
    expect(names.get('x.a')).toMatch(/^ca-bundle-x-a-[0-9a-f]{32}$/);
    expect(new Set(names.values()).size).toBe(2);
  });
});
