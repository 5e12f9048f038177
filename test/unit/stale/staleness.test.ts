import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { staleText, toStaleItems } from '../../../src/cli/inject/staleReport.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../src/injection/contract.ts';
import { createInjector } from '../../../src/injection/injector.ts';
import type { KubernetesObject } from '../../../src/kubernetes/object.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { summaryText } from '../../../src/stale/remedy.ts';
import { type ComparedPod, comparePod, groupStale } from '../../../src/stale/staleness.ts';
import { authority } from '../../support/certificates.ts';
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
} from '../injection/support/cluster.ts';

const now = new Date();
const context = { signal: new AbortController().signal, now };

function injectorOver(objects: readonly Raw[]) {
  const catalog = manifestCatalog(objects.map((object) => ({ object })));
  return createInjector({ catalog, policy: defaultPolicy(), settings: DEFAULT_INJECTION_SETTINGS });
}

/** The Pod as the webhook makes it, and as the API server then stores it. */
async function made(pod: Raw, objects: readonly Raw[], more: object = {}): Promise<KubernetesObject> {
  const { pod: injected } = await injectorOver(objects).inject(pod, 'apps', context);
  const stored = structuredClone(injected) as Raw & { metadata: object; spec: { volumes: object[] } };
  for (const volume of stored.spec.volumes as Record<string, object>[])
    for (const source of ['configMap', 'projected', 'downwardAPI'])
      if (volume[source]) volume[source] = { defaultMode: 420, ...volume[source] };
  return { ...stored, metadata: { ...stored.metadata, ...more } };
}

const { cert: ca } = await authority();
const OWNER = [{ kind: 'ReplicaSet', name: 'team-vmcp-5d9c7', controller: true }];
const secretHeader = (secret: string) => ({
  headerForward: {
    addHeadersFromSecret: [{ headerName: 'X-Key', valueSecretRef: { name: secret, key: 'k' } }],
  },
});
const bundle = (name: string) => ({ caBundleRef: { configMapRef: { name, key: 'ca.crt' } } });
const authConfig = (tokenUrl: string) =>
  toolhive('MCPExternalAuthConfig', 'exchange', {
    type: 'tokenExchange',
    tokenExchange: { tokenUrl, audience: 'a' },
  });

const ENTRIES = {
  plain: entry('plain'),
  secret: entry('secret', secretHeader('one')),
  trusted: entry('trusted', bundle('one')),
  authorised: entry('authorised', { externalAuthConfigRef: { name: 'exchange' } }),
};
const OTHERS = [
  GROUP,
  virtualServer(),
  configMap('one', { 'ca.crt': ca }),
  configMap('two', { 'ca.crt': ca }),
  authConfig('https://one.example.com/token'),
];
const BEFORE = [...Object.values(ENTRIES), ...OTHERS, baseConfigMap()];

/** The objects with others in the place of those of the same kind and name. */
function changed(...news: readonly Raw[]): Raw[] {
  const id = ({ kind, metadata }: Raw) => `${kind} ${(metadata as { name: string }).name}`;
  return [...BEFORE.filter((old) => !news.some((one) => id(one) === id(old))), ...news];
}

const NOTHING = { added: [], removed: [], changed: [], settings: [], values: [] };
const stale = (difference: object) => ({ state: 'stale', difference: { ...NOTHING, ...difference } });
const changes: readonly (readonly [string, readonly Raw[], object | undefined])[] = [
  ['nothing', BEFORE, undefined],
  ['an annotation of an entry', changed(entry('plain', {}, { 'example.com/note': 'new' })), undefined],
  ['a new entry', changed(entry('new')), stale({ added: ['new'] })],
  ['an entry that is gone', BEFORE.filter((one) => one !== ENTRIES.plain), stale({ removed: ['plain'] })],
  [
    'an entry that failed',
    changed({ ...ENTRIES.plain, status: { phase: 'Failed' } }),
    stale({ removed: ['plain'] }),
  ],
  [
    'another URL and transport',
    changed(entry('plain', { remoteUrl: 'https://moved.example.com/sse', transport: 'sse' })),
    stale({ changed: [{ name: 'plain', fields: ['transport', 'url'] }] }),
  ],
  [
    'another CA bundle',
    changed(entry('trusted', bundle('two'))),
    stale({ changed: [{ name: 'trusted', fields: ['caBundle'] }] }),
  ],
  [
    'no CA bundle any more',
    changed(entry('trusted')),
    stale({ changed: [{ name: 'trusted', fields: ['caBundlePath'] }] }),
  ],
  [
    'an edited auth config',
    changed(authConfig('https://two.example.com/token')),
    stale({ changed: [{ name: 'authorised', fields: ['auth'] }] }),
  ],
  [
    'another Secret of a header',
    changed(entry('secret', secretHeader('two'))),
    stale({ settings: ['variables'] }),
  ],
  [
    'another base config',
    changed(baseConfigMap({ ...BASE, aggregation: { conflictResolution: 'priority' } })),
    stale({ settings: ['aggregation'] }),
  ],
  [
    'a base config that cannot be read',
    changed(configMap('team-vmcp-vmcp-config', { 'config.yaml': '[' })),
    { state: 'blocked', reason: 'config-unparsable', message: expect.stringContaining('config.yaml') },
  ],
  [
    'no entry that can be served',
    BEFORE.filter(({ kind }) => kind !== 'MCPServerEntry'),
    stale({ removed: ['authorised', 'plain', 'secret', 'trusted'] }),
  ],
];

describe.each([
  ['operator-made', operatorMadePod()],
  ['self-managed', selfManagedPod()],
])('a Pod that is %s', (_, pod) => {
  it.each(changes)('is compared with what it would be now: %s', async (__, objects, staleness) => {
    const kept = await made(pod, BEFORE);
    const compared = await comparePod(kept, injectorOver(objects), context);
    expect(compared).toMatchObject({ group: 'team', workload: { kind: 'Pod', namespace: 'apps' } });
    expect(compared?.staleness).toEqual(staleness);
  });

  it('that was made without injection is told', async () => {
    expect(await comparePod(pod, injectorOver(BEFORE), context)).toMatchObject({
      staleness: { state: 'not-injected' },
    });
  });

  it.each([
    [
      'is being deleted',
      { metadata: { ...(pod.metadata as object), deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ],
    ['has ended', { status: { phase: 'Succeeded' } }],
    [
      'opted out',
      { metadata: { ...(pod.metadata as object), annotations: { 'vmcp-admission.dev/inject': 'disabled' } } },
    ],
    ['is not a vMCP', { metadata: { name: 'a', namespace: 'apps' } }],
  ])('that %s is not compared', async (__, more) => {
    expect(await comparePod({ ...pod, ...more }, injectorOver(BEFORE), context)).toBeUndefined();
  });
});

/** Metadata that says that some keys were written at a time. */
function writtenAt(time: string, ...keys: readonly string[]) {
  const fieldsV1 = { 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) };
  return { metadata: { managedFields: [{ manager: 'x', time, fieldsV1 }] } };
}

const RUNNING = {
  containerStatuses: [{ name: 'vmcp', state: { running: { startedAt: '2026-11-28T05:30:00Z' } } }],
};

describe('a Pod in dynamic mode', () => {
  const dynamic = changed(virtualServer({ source: 'discovered' }));
  const env = [{ name: 'VMCP_OIDC_CLIENT_SECRET', valueFrom: { secretKeyRef: { name: 'idp', key: 'k' } } }];
  const pod = { ...operatorMadePod({ env }), status: RUNNING };
  const compare = (time: string) => {
    const read = async () => ({ state: 'found', value: writtenAt(time, 'k') }) as const;
    const none = async () => ({ state: 'missing' }) as const;
    return comparePod(pod, injectorOver(dynamic), context, { configMap: none, secret: read });
  };

  it('is stale when a value was written that it had read at start, and only then', async () => {
    expect(await compare('2026-11-28T05:00:00Z')).toMatchObject({ pinned: false, staleness: undefined });
    const value = { kind: 'Secret', name: 'idp', keys: ['k'], writtenAt: '2026-11-28T06:00:00Z' };
    expect((await compare('2026-11-28T06:00:00Z'))?.staleness).toEqual(stale({ values: [value] }));
  });
});

/** The comparison of Pods that were made at different times. */
async function compareAll(
  pods: readonly KubernetesObject[],
  objects: readonly Raw[],
): Promise<ComparedPod[]> {
  const all = await Promise.all(pods.map((pod) => comparePod(pod, injectorOver(objects), context)));
  return all.filter((one) => one !== undefined);
}

function metadata(name: string, ownerReferences: readonly object[]): object {
  const labels = {
    ...(operatorMadePod().metadata as { labels: object }).labels,
    'pod-template-hash': '5d9c7',
  };
  return { name, labels, ownerReferences };
}

describe('the report', () => {
  it('has a paragraph for each workload and each difference, with the command that ends it', async () => {
    const pods = [
      await made(operatorMadePod(), BEFORE, metadata('team-vmcp-5d9c7-a', OWNER)),
      await made(operatorMadePod(), BEFORE, metadata('team-vmcp-5d9c7-b', OWNER)),
      await made(operatorMadePod(), changed(entry('new')), metadata('team-vmcp-5d9c7-c', OWNER)),
      await made(selfManagedPod(), BEFORE),
      { ...selfManagedPod(), metadata: { ...(selfManagedPod().metadata as object), name: 'bare' } },
    ];
    const objects = changed(
      entry('new'),
      entry('trusted', bundle('two')),
      entry('plain', { remoteUrl: 'https://moved.example.com/mcp?token=hunter2' }),
    );
    const compared = await compareAll(pods, objects);
    const report = staleText(compared, groupStale(compared));
    expect(report).toBe(`deployment/team-vmcp -n apps (group team): 2 of 3 Pods keep an old configuration
  do not serve yet: new
  serve in an old form: plain (url), trusted (caBundle)
  kubectl rollout restart deployment/team-vmcp -n apps
deployment/team-vmcp -n apps (group team): 1 of 3 Pods keeps an old configuration
  serve in an old form: plain (url), trusted (caBundle)
  kubectl rollout restart deployment/team-vmcp -n apps
pod/bare -n apps (group team): 1 of 1 Pod has no injected configuration
  made without injection; a new Pod would be injected
  kubectl delete pod -n apps bare
pod/mine -n apps (group team): 1 of 1 Pod keeps an old configuration
  do not serve yet: new
  serve in an old form: plain (url), trusted (caBundle)
  kubectl delete pod -n apps mine
5 vMCP Pods compared: 5 of them would be made differently now
`);
    const schema = readFileSync(
      join(import.meta.dirname, '../../../schemas/stale-output.schema.json'),
      'utf8',
    );
    const items = JSON.parse(JSON.stringify(toStaleItems(groupStale(compared))));
    const ajv = new Ajv({ allErrors: true });
    expect(ajv.validate(JSON.parse(schema), items), ajv.errorsText()).toBe(true);
    expect(items.map(({ state }: { state: string }) => state)).toEqual([
      'stale',
      'stale',
      'not-injected',
      'stale',
    ]);
    expect(JSON.stringify(toStaleItems(groupStale(compared)))).not.toMatch(/hunter2|moved\.example/);
  });

  it('names what was written after the Pods had started, alone and beside an old config', async () => {
    const kept = async (name: string, objects: readonly Raw[]) => ({
      ...(await made(operatorMadePod(), objects, metadata(name, OWNER))),
      status: RUNNING,
    });
    const pods = [await kept('a', BEFORE), await kept('b', changed(entry('gone')))];
    const value = writtenAt('2026-11-28T06:00:00Z', 'k', 'ca.crt');
    const read = async () => ({ state: 'found', value }) as const;
    const injector = injectorOver(BEFORE);
    const compared = (
      await Promise.all(
        pods.map((pod) => comparePod(pod, injector, context, { configMap: read, secret: read })),
      )
    ).filter((one) => one !== undefined);
    expect(
      staleText(compared, groupStale(compared), ' --context=prod'),
    ).toBe(`deployment/team-vmcp -n apps (group team): 1 of 2 Pods may run with old values
  may run with what ConfigMap one (ca.crt) had before 2026-11-28T06:00:00Z
  may run with what Secret one (k) had before 2026-11-28T06:00:00Z
  kubectl rollout restart deployment/team-vmcp -n apps --context=prod
deployment/team-vmcp -n apps (group team): 1 of 2 Pods keeps an old configuration
  still serve: gone
  may run with what ConfigMap one (ca.crt) had before 2026-11-28T06:00:00Z
  may run with what Secret one (k) had before 2026-11-28T06:00:00Z
  kubectl rollout restart deployment/team-vmcp -n apps --context=prod
2 vMCP Pods compared: 2 of them would be made differently now
`);
    expect(groupStale(compared).map(summaryText)).toEqual([
      '1 of 2 Pods may run with what ConfigMap one (ca.crt) had before 2026-11-28T06:00:00Z, and with 1 more that are old',
      '1 of 2 Pods keeps an old configuration',
    ]);
  });

  it('does not tell to restart what would not come back', async () => {
    const pods = [await made(operatorMadePod(), BEFORE, metadata('team-vmcp-5d9c7-a', OWNER))];
    const broken = changed(configMap('team-vmcp-vmcp-config', { 'config.yaml': '[' }));
    const compared = await compareAll(pods, broken);
    expect(toStaleItems(groupStale(compared))).toMatchObject([
      { state: 'blocked', remedy: expect.stringMatching(/^correct that before/) },
    ]);
    const ends = changed(baseConfigMap({ ...BASE, aggregation: { conflictResolution: 'nonsense' } }));
    expect(toStaleItems(groupStale(await compareAll(pods, ends)))).toMatchObject([
      { state: 'stale', remedy: expect.stringMatching(/^do not restart yet/) },
    ]);
  });
});
