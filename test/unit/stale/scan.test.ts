import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lookup } from '../../../src/catalog/catalog.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../src/injection/contract.ts';
import { createInjector } from '../../../src/injection/injector.ts';
import type { KubernetesObject } from '../../../src/kubernetes/object.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { StalePodScan } from '../../../src/stale/scan.ts';
import type { StalePods } from '../../../src/stale/staleness.ts';
import {
  baseConfigMap,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  virtualServer,
} from '../injection/support/cluster.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Lets a look come to its end: it waits for nothing but promises and turns of the event loop. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

const NOW = new Date('2026-01-01T00:00:00Z');
const BEFORE = [GROUP, virtualServer(), baseConfigMap(), entry('one')];
const AFTER = [...BEFORE, entry('two')];

function injectorOver(objects: readonly Raw[], unreadable = false) {
  const catalog = manifestCatalog(objects.map((object) => ({ object })));
  const configMap = async () => ({ state: 'unavailable', reason: 'it is asleep' }) as const;
  return createInjector({
    catalog: unreadable ? { ...catalog, configMap } : catalog,
    policy: defaultPolicy(),
    settings: DEFAULT_INJECTION_SETTINGS,
  });
}

async function made(pod: Raw, name: string): Promise<KubernetesObject> {
  const { pod: injected } = await injectorOver(BEFORE).inject(pod, 'apps', {
    signal: new AbortController().signal,
    now: NOW,
  });
  const stored = injected as KubernetesObject;
  return { ...stored, metadata: { ...(stored.metadata as object), name } };
}

/** A scan whose objects and Pods a test changes between two looks. */
async function scanned() {
  const pods = [await made(operatorMadePod(), 'a'), await made(operatorMadePod(), 'b')];
  const state = {
    pages: [
      pods,
      [
        await made(selfManagedPod(), 'mine'),
        ...pods,
        { ...selfManagedPod(), metadata: { ...(selfManagedPod().metadata as object), name: 'never' } },
      ],
    ] as KubernetesObject[][],
    injector: injectorOver(BEFORE),
    failure: undefined as Error | undefined,
    took: 0,
    secret: { state: 'missing' } as Lookup<unknown>,
    asked: [] as string[],
  };
  const told: StalePods[] = [];
  const failures: unknown[] = [];
  let clock = 0;
  const scan = new StalePodScan({
    async *pods() {
      clock += state.took;
      if (state.failure) throw state.failure;
      yield* state.pages;
    },
    injector: () => state.injector,
    values: {
      configMap: async () => ({ state: 'missing' }),
      secret: async (namespace, name) => {
        state.asked.push(`${namespace}/${name}`);
        return state.secret;
      },
    },
    now: () => NOW,
    clock: () => clock,
    onStale: (stale) => told.push(stale),
    onLook: (failure) => failures.push(failure),
  });
  const counts = () => Object.fromEntries(scan.counts().map(({ vmcp, count }) => [vmcp, count]));
  const minute = async () => {
    vi.advanceTimersByTime(60_000);
    await settled();
  };
  return { scan, state, told, failures, counts, minute };
}

describe('the looks at vMCP Pods', () => {
  it('count each Pod once, and tell of stale ones once, when the next look finds the same', async () => {
    const { scan, state, told, counts, minute } = await scanned();
    scan.start();
    await settled();
    expect(scan.running('apps').map(({ workload, pods }) => [workload.name, pods])).toEqual([
      ['a', ['a']],
      ['b', ['b']],
      ['mine', ['mine']],
    ]);
    expect({ counts: counts(), last: scan.lastLook }).toEqual({
      counts: { 'team-vmcp': 0, mine: 0 },
      last: NOW,
    });
    state.injector = injectorOver(AFTER);
    await minute();
    expect({ counts: counts(), told }).toEqual({ counts: { 'team-vmcp': 2, mine: 1 }, told: [] });
    await minute();
    await minute();
    expect(told.map(({ pods }) => pods)).toEqual([['a'], ['b'], ['mine']]);
    state.injector = injectorOver(BEFORE);
    await minute();
    expect(counts()).toEqual({ 'team-vmcp': 0, mine: 0 });
    state.pages = [];
    await minute();
    expect(counts()).toEqual({});
  });

  it('keep their numbers when they fail', async () => {
    const { scan, state, failures, counts, minute } = await scanned();
    state.injector = injectorOver(AFTER);
    scan.start();
    await settled();
    state.failure = new Error('forbidden');
    await minute();
    expect({ counts: counts(), failures }).toEqual({
      counts: { 'team-vmcp': 2, mine: 1 },
      failures: [undefined, state.failure],
    });
  });

  it('do not take a ConfigMap that cannot be read for a change', async () => {
    const { scan, state, failures, counts } = await scanned();
    state.injector = injectorOver(BEFORE, true);
    scan.start();
    await settled();
    expect(counts()).toEqual({});
    expect(String(failures)).toContain('it is asleep');
  });

  it('do not call a Pod stale whose VirtualMCPServer or group cannot be read', async () => {
    const { scan, state, failures, counts } = await scanned();
    const catalog = manifestCatalog([baseConfigMap()].map((object) => ({ object })));
    const live = async () => ({ state: 'unavailable', reason: 'it is asleep' }) as const;
    const settings = DEFAULT_INJECTION_SETTINGS;
    state.injector = createInjector({ catalog: { ...catalog, live }, policy: defaultPolicy(), settings });
    scan.start();
    await settled();
    expect(counts()).toEqual({});
    expect(String(failures)).toContain('VirtualMCPServer "team-vmcp" is not known yet and cannot be read');
  });

  it('count Pods with old values, and read each object once in a look', async () => {
    const { scan, state, failures, counts, minute } = await scanned();
    const running = { name: 'vmcp', state: { running: { startedAt: '2025-12-31T00:00:00Z' } } };
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }];
    const withKey = (pod: KubernetesObject) => {
      const copy = structuredClone(pod) as KubernetesObject & { spec: { containers: { env?: unknown[] }[] } };
      for (const container of copy.spec.containers) container.env = [...(container.env ?? []), ...env];
      return { ...copy, status: { containerStatuses: [running] } };
    };
    state.pages = state.pages.map((page) => page.map(withKey));
    const times = [{ manager: 'x', time: '2025-12-31T12:00:00Z', fieldsV1: { 'f:data': { 'f:k': {} } } }];
    state.secret = { state: 'found', value: { metadata: { managedFields: times } } };
    scan.start();
    await settled();
    expect({ counts: counts(), asked: state.asked }).toEqual({
      counts: { 'team-vmcp': 2, mine: 1 },
      asked: ['apps/key'],
    });
    state.secret = { state: 'unavailable', reason: 'it is asleep' };
    await minute();
    expect({ counts: counts(), asked: state.asked }).toEqual({
      counts: { 'team-vmcp': 0, mine: 0 },
      asked: ['apps/key', 'apps/key'],
    });
    expect(String(failures.at(-1))).toContain('Secret apps/key: it is asleep');
    state.secret = { state: 'found', value: { metadata: {} } };
    await minute();
    expect(String(failures.at(-1))).toContain('Secret apps/key: it has no managedFields');
  });

  it('rest a hundred times as long as they took, and end when they are stopped', async () => {
    const { scan, state, counts, minute } = await scanned();
    state.took = 3_000;
    scan.start();
    await settled();
    state.injector = injectorOver(AFTER);
    for (let minutes = 0; minutes < 4; minutes++) await minute();
    expect(counts()).toEqual({ 'team-vmcp': 0, mine: 0 });
    await minute();
    expect(counts()).toEqual({ 'team-vmcp': 2, mine: 1 });
    scan.stop();
    state.injector = injectorOver(BEFORE);
    for (let minutes = 0; minutes < 6; minutes++) await minute();
    expect(counts()).toEqual({ 'team-vmcp': 2, mine: 1 });
  });
});
