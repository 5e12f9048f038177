import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Catalog, Lookup } from '../../../src/catalog/catalog.ts';
import { readCatalogObject } from '../../../src/catalog/catalogObject.ts';
import { ToolhiveStore } from '../../../src/catalog/store.ts';
import { InjectionCache } from '../../../src/injection/cache.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../src/injection/contract.ts';
import { createInjector, type InjectionDeps } from '../../../src/injection/injector.ts';
import { merge } from '../../../src/injection/merge.ts';
import { ownerEnv } from '../../../src/injection/pod/ownerEnv.ts';
import type { StaticFacts } from '../../../src/injection/resolve.ts';
import { type ConfigMap, readConfigMap } from '../../../src/kubernetes/configMap.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { toolhiveKind } from '../../../src/toolhive/kinds.ts';
import {
  BASE,
  baseConfigMap,
  configMap,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from './support/cluster.ts';
import { context, injectPod, NOW, readFixture } from './support/fixtures.ts';

const CA = readFixture('ca-volumes').find(({ object }) => object.kind === 'ConfigMap')?.object as unknown as {
  data: Record<string, string>;
};

/** A cluster that changes. */
class LiveCluster {
  readonly #store = new ToolhiveStore();
  readonly #configMaps = new Map<string, Lookup<ConfigMap>>();

  constructor(objects: readonly Raw[]) {
    for (const object of objects) this.put(object);
  }

  put(object: Raw): void {
    const kind = toolhiveKind(object);
    if (kind) {
      const read = readCatalogObject(kind, object);
      if (read.ok) this.#store.put(read.value);
    } else {
      const read = readConfigMap(object);
      if (read.ok) this.#configMaps.set(read.value.metadata.name, { state: 'found', value: read.value });
    }
  }

  delete(object: Raw): void {
    const { name } = object.metadata as { name: string };
    const kind = toolhiveKind(object);
    if (kind) this.#store.delete(kind, 'apps', name);
    else this.#configMaps.delete(name);
  }

  get catalog(): Catalog {
    return {
      namespace: (name) => this.#store.namespace(name),
      configMap: async (_, name) => this.#configMaps.get(name) ?? { state: 'missing' },
      ageMs: () => 0,
    };
  }
}

/** A policy under which the date decides about an entry. */
const POLICY: Policy = {
  ...defaultPolicy(),
  levels: { ...defaultPolicy().levels, 'ca-bundle-expired': 'deny' },
};

function depsOf({ catalog }: LiveCluster): InjectionDeps {
  return { catalog, policy: POLICY, settings: DEFAULT_INJECTION_SETTINGS };
}

const withCa = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
const withAuth = (name: string) => ({ externalAuthConfigRef: { name } });
const headerAuth = (headerName: string) => {
  const headerInjection = { headerName, valueSecretRef: { name: 's', key: 'k' } };
  return toolhive('MCPExternalAuthConfig', 'auth', { type: 'headerInjection', headerInjection });
};
const XAA = { idpTokenUrl: 'https://idp.example', targetTokenUrl: 'https://t.example', targetAudience: 'a' };
const authServer = (...names: string[]) => ({
  authServerConfig: { upstreamProviders: names.map((name) => ({ name })) },
});
const override = { backends: { one: { type: 'externalAuthConfigRef', ...withAuth('auth') } } };
const START = [
  GROUP,
  virtualServer({}, authServer('okta')),
  baseConfigMap(),
  configMap('ca', CA.data),
  headerAuth('X-One'),
  toolhive('MCPExternalAuthConfig', 'xaa', { type: 'xaa', xaa: XAA }),
  entry('one', withCa),
  entry('two', withAuth('auth')),
  entry('three', withAuth('xaa')),
];

/** The facts of an injection into the cluster at the start with some objects put in. */
async function factsWith(...objects: readonly Raw[]): Promise<StaticFacts> {
  const merged = vi.spyOn(InjectionCache.prototype, 'merged');
  await injectPod(operatorMadePod(), 'apps', depsOf(new LiveCluster([...START, ...objects])), context());
  const facts = merged.mock.calls[0]?.[0];
  merged.mockRestore();
  if (!facts) throw new Error('the cache was not asked');
  return facts;
}

type Part = Partial<StaticFacts>;
const bundle = (lookup: Lookup<ConfigMap>): Part => ({ configMaps: new Map([['ca', lookup]]) });
const variable = { name: 'TOOLHIVE_HEADER_INJECTION_VALUE_AUTH', value: 'x' };
const oversized = { kind: 'MCPServerEntry', name: 'one', reason: 'pod-too-large', message: '' } as const;

/** Each part of the key with a change that the merged config shows. */
const PARTS: Readonly<Record<string, () => Part | Promise<Part>>> = {
  'the namespace, here an auth config': async () => ({ view: (await factsWith(headerAuth('X-Two'))).view }),
  'the members, as after a live read': async () => ({ members: (await factsWith(entry('four'))).members }),
  'the VirtualMCPServer': async () => ({
    virtualServer: (await factsWith(virtualServer(override, authServer('okta')))).virtualServer,
  }),
  'the base config': async () => ({ base: (await factsWith(baseConfigMap({ ...BASE, name: 'x' }))).base }),
  'a CA bundle': async () => ({
    configMaps: (await factsWith(configMap('ca', { 'ca.crt': 'x' }))).configMaps,
  }),
  'a CA bundle that is gone': () => bundle({ state: 'missing' }),
  'a CA bundle that cannot be read': () => bundle({ state: 'unavailable', reason: 'timeout' }),
  'the group': () => ({ group: 'other' }),
  'the auth server': () => ({ authServer: { providers: ['okta', 'entra'] } }),
  'the policy': () => ({ policy: { ...POLICY, url: { ...POLICY.url, blockedHosts: ['one.example'] } } }),
  'the time': () => ({ now: new Date('2127-01-01T00:00:00Z') }),
  'a variable of the owner': () => ({ owner: ownerEnv({ name: 'vmcp', env: [variable] }, new Set()) }),
  'the size of the Pod': () => ({ oversized: new Map([['one', oversized]]) }),
};

describe('a merged config in the cache', () => {
  it.each(Object.entries(PARTS))('is not given again after a change of %s', async (_, change) => {
    const facts = await factsWith();
    const other = { ...facts, ...(await change()) };
    const cache = new InjectionCache();
    const before = cache.merged(facts);
    expect(cache.merged(other)).toEqual(merge(other));
    expect(cache.merged(other)).not.toEqual(before);
    expect(cache.merged(facts)).toBe(before);
  });

  it('is given again within the same minute', async () => {
    const facts = await factsWith();
    const cache = new InjectionCache();
    const mergedAfter = (ms: number) => cache.merged({ ...facts, now: new Date(NOW.getTime() + ms) });
    expect(mergedAfter(1_000)).toBe(mergedAfter(0));
    expect(mergedAfter(60_000)).not.toBe(mergedAfter(0));
  });

  it('is given again whatever the ConfigMaps were read in', async () => {
    const facts = await factsWith();
    const cache = new InjectionCache();
    const missing = { state: 'missing' } as const;
    const lookups: [string, Lookup<ConfigMap>][] = [...facts.configMaps, ['gone', missing]];
    const before = cache.merged({ ...facts, configMaps: new Map(lookups) });
    expect(cache.merged({ ...facts, configMaps: new Map(lookups.toReversed()) })).toBe(before);
  });

  it('is never kept when Secrets can be read', async () => {
    const facts = { ...(await factsWith()), secrets: new Map() };
    const cache = new InjectionCache();
    expect(cache.merged(facts)).not.toBe(cache.merged(facts));
  });

  it('goes when many others were asked for since', async () => {
    const facts = await factsWith();
    const cache = new InjectionCache();
    const before = cache.merged(facts);
    for (let index = 0; index < 300; index++) cache.merged({ ...facts, group: `g${index}` });
    expect(cache.merged(facts)).not.toBe(before);
  });
});

/** Versions of the objects of a small cluster. */
const VERSIONS: readonly Raw[] = [
  ...START,
  virtualServer(override, authServer('okta')),
  virtualServer({}, authServer('okta', 'entra')),
  baseConfigMap({ ...BASE, name: 'x' }),
  baseConfigMap({ ...BASE, outgoingAuth: { source: 'inline', backends: { one: { type: 'discovered' } } } }),
  baseConfigMap('nothing'),
  configMap('ca', { 'ca.crt': 'x' }),
  headerAuth('X-Two'),
  entry('one', { headerForward: { addPlaintextHeaders: { 'X-A': 'a' } } }),
  { ...entry('one'), status: { phase: 'Failed' } },
  entry('two', { remoteUrl: 'https://other.example/mcp' }),
  toolhive(
    'MCPServer',
    'one',
    { groupRef: { name: 'team' } },
    { status: { url: 'http://one.apps.svc/mcp' } },
  ),
];
const step = fc.record({
  object: fc.constantFrom(...VERSIONS),
  put: fc.constantFrom(true, true, true, false),
});

describe('an injector that has seen many Pods of a changing cluster', () => {
  it('answers as a new one does', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const cluster = new LiveCluster(START);
        const old = createInjector(depsOf(cluster));
        for (const { object, put } of steps) {
          if (put) cluster.put(object);
          else cluster.delete(object);
          for (const pod of [operatorMadePod(), selfManagedPod()])
            expect(await old.inject(pod, 'apps', context())).toEqual(
              await injectPod(pod, 'apps', depsOf(cluster), context()),
            );
        }
      }),
      { numRuns: 60 },
    ));
});

describe('the texts that are kept', () => {
  const text = (characters: number) => 'outgoingAuth: {source: inline} # '.padEnd(characters, 'x');

  it('are those that were asked for last, as many as are short enough together', () => {
    const cache = new InjectionCache();
    const small = cache.base(text(1_000));
    const large = [1, 2, 3, 4].map((more) => cache.base(text(250_000 + more)));
    expect(cache.base(text(250_004))).toBe(large[3]);
    expect(cache.base(text(1_000))).toBe(small);
    const another = cache.base(text(250_005));
    expect(cache.base(text(1_000))).toBe(small);
    expect(cache.base(text(250_005))).toBe(another);
    expect(cache.base(text(250_001))).not.toBe(large[0]);
  });
});
