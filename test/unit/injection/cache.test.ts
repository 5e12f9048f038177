import { describe, expect, it } from 'vitest';
import type { Catalog, Lookup } from '../../../src/catalog/catalog.ts';
import { type InjectionDeps, injectPod } from '../../../src/injection/injector.ts';
import { makeReaders, type Readers } from '../../../src/injection/readers.ts';
import type { ConfigMap } from '../../../src/kubernetes/configMap.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { depsOf, NOW, readFixture } from './support/fixtures.ts';

interface Template {
  readonly kind: string;
  readonly spec: { readonly template?: PodManifest };
}

interface PodManifest {
  readonly spec: { readonly containers: readonly { readonly env?: readonly object[] }[] };
}

/** What changes between two Pods of the same group. */
interface Change {
  readonly configMaps?: Readonly<Record<string, Lookup<ConfigMap>>>;
  readonly deps?: Partial<InjectionDeps>;
  readonly now?: Date;
  readonly env?: readonly object[];
}

function setUp(fixture: string) {
  const documents = readFixture(fixture);
  const objects = documents.map(({ object }) => object as unknown as Template);
  const pod = objects.find(({ kind, spec }) => kind === 'Pod' || spec?.template);
  const deps = depsOf(documents);
  const inject = (readers: Readers, { configMaps = {}, deps: other, now = NOW, env }: Change) => {
    const configMap: Catalog['configMap'] = async (namespace, name, signal) =>
      configMaps[name] ?? deps.catalog.configMap(namespace, name, signal);
    const subject = structuredClone(pod?.spec.template ?? pod) as PodManifest;
    const [first] = subject.spec.containers;
    if (env && first) Object.assign(first, { env: [...(first.env ?? []), ...env] });
    const context = { signal: new AbortController().signal, now };
    const catalog = { ...deps.catalog, configMap };
    return injectPod(subject, 'apps', { ...deps, catalog, ...other, readers }, context);
  };
  return { deps, inject };
}

function found(data: Record<string, string>, name = 'corp-ca'): Lookup<ConfigMap> {
  const metadata = { name, namespace: 'apps', labels: {}, annotations: {} } as ConfigMap['metadata'];
  return { state: 'found', value: { metadata, data, binaryKeys: [] } };
}

const BASE = `name: team-vmcp
groupRef: team
incomingAuth: {type: anonymous}
outgoingAuth: {source: inline}
aggregation: {conflictResolutionConfig: {prefixFormat: "x_"}}
`;
const strict = defaultPolicy();

const CHANGES: readonly (readonly [what: string, fixture: string, change: Change, visible: boolean])[] = [
  ['nothing', 'ca-volumes', {}, false],
  ['a CA bundle is gone', 'ca-volumes', { configMaps: { 'corp-ca': { state: 'missing' } } }, true],
  [
    'a CA bundle cannot be read',
    'ca-volumes',
    { configMaps: { 'corp-ca': { state: 'unavailable', reason: 'timeout' } } },
    true,
  ],
  [
    'a CA bundle holds something else',
    'ca-volumes',
    { configMaps: { 'corp-ca': found({ 'ca.crt': 'x' }) } },
    true,
  ],
  [
    'a missing CA bundle has come',
    'ca-volumes',
    { configMaps: { gone: found({ 'ca.crt': 'x' }, 'gone') } },
    true,
  ],
  [
    'the base config has changed',
    'ca-volumes',
    { configMaps: { 'team-vmcp-vmcp-config': found({ 'config.yaml': BASE }, 'team-vmcp-vmcp-config') } },
    true,
  ],
  ['a century has passed', 'ca-volumes', { now: new Date('2127-01-01T00:00:00Z') }, false],
  [
    'the Pod has a variable that a strategy of the base config wants',
    'self-managed',
    { env: [{ name: 'NOT_SET', value: 'x' }] },
    true,
  ],
  ['the policy is another one', 'ca-volumes', { deps: { policy: { ...strict } } }, false],
];

describe('what a group settled to, remembered', () => {
  it.each(CHANGES)('is as if it was made anew when %s', async (_, fixture, change, visible) => {
    const { inject } = setUp(fixture);
    const readers = makeReaders();
    const before = await inject(readers, {});
    const after = await inject(readers, change);
    expect(before.decision).toBe('injected');
    expect(after).toEqual(await inject(makeReaders(), change));
    expect(JSON.stringify(after.patch) !== JSON.stringify(before.patch)).toBe(visible);
    // And back again.
    expect(await inject(readers, {})).toEqual(before);
  });

  it('is made once for the same state', async () => {
    const { inject } = setUp('ca-volumes');
    const readers = makeReaders();
    const asked: unknown[] = [];
    const counting: Readers = {
      ...readers,
      settle: (facts) => {
        const settled = readers.settle(facts);
        asked.push(settled);
        return settled;
      },
    };
    await inject(counting, {});
    await inject(counting, { now: new Date(NOW.getTime() + 1_000) });
    await inject(counting, { now: new Date(NOW.getTime() + 120_000) });
    expect(asked[1]).toBe(asked[0]);
    expect(asked[2]).not.toBe(asked[0]);
  });
});
