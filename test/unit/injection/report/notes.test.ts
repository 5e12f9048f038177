import { describe, expect, it } from 'vitest';
import { DEFAULT_INJECTION_SETTINGS } from '../../../../src/injection/contract.ts';
import type { Injection } from '../../../../src/injection/injector.ts';
import type { Pod } from '../../../../src/injection/pod/pod.ts';
import {
  BASE,
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const SERVER = [GROUP, virtualServer()];

/** Injects twice, to the same answer. */
async function inject(objects: readonly Raw[], annotations: Record<string, string> = {}): Promise<Injection> {
  const deps = depsOf(documents([...SERVER, ...objects]));
  const pod = operatorMadePod({ annotations });
  const first = await injectPod(pod, 'apps', deps, context());
  expect((await injectPod(applyPatch(pod, first.patch), 'apps', deps, context())).patch).toEqual([]);
  return first;
}

function annotation({ pod }: Injection, name: 'config.yaml' | 'report'): string {
  return (pod as Pod).metadata?.annotations?.[`vmcp-admission.dev/${name}`] ?? '';
}

describe('checksum-differs', () => {
  const OF_POD = 'toolhive.stacklok.dev/runconfig-checksum';
  const OF_CONFIG = 'toolhive.stacklok.dev/content-checksum';
  const base = (annotations: Record<string, string>): Raw => ({
    ...baseConfigMap(),
    metadata: { name: 'team-vmcp-vmcp-config', namespace: 'apps', annotations },
  });

  it.each([
    ['the same', { [OF_POD]: 'a' }, { [OF_CONFIG]: 'a' }],
    ['missing on the ConfigMap', { [OF_POD]: 'a' }, {}],
    ['missing on the Pod', {}, { [OF_CONFIG]: 'a' }],
  ])('is not said when the checksum is %s', async (_, ofPod, ofConfig) => {
    const { report } = await inject([base(ofConfig), entry('one')], ofPod);
    expect(report?.notes).toEqual([]);
  });

  it('is said when the Pod template and the ConfigMap have different ones', async () => {
    const { report } = await inject([base({ [OF_CONFIG]: 'b' }), entry('one')], { [OF_POD]: 'a' });
    expect(report).toMatchObject({ backends: ['one'], notes: [{ kind: 'Pod', reason: 'checksum-differs' }] });
    expect(report?.notes[0]?.message).toContain('ConfigMap "team-vmcp-vmcp-config"');
  });
});

describe('vmcp-will-not-start', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown field', { ...BASE, futureField: 1 }, /^futureField is not a field/],
    ['a type that is not known', { ...BASE, incomingAuth: { type: 'magic' } }, /incomingAuth\.type/],
    ['a section that is missing', { ...BASE, aggregation: {} }, /aggregation/],
    ['a header that must not be passed', { ...BASE, passthroughHeaders: ['Cookie'] }, /passthroughHeaders/],
  ])('is said about %s, which is delivered as it is', async (_, base, message) => {
    const injection = await inject([baseConfigMap(base), entry('one')]);
    expect(injection).toMatchObject({ decision: 'injected', report: { backends: ['one'] } });
    expect(injection.report?.notes).toMatchObject([{ kind: 'Pod', reason: 'vmcp-will-not-start' }]);
    expect(injection.report?.notes[0]?.message).toMatch(message);
    const [field] = Object.keys(base).filter((key) => !(key in BASE) || base[key] !== BASE[key as 'name']);
    expect(annotation(injection, 'config.yaml')).toContain(`${field}:`);
  });

  const optimizer = { embeddingProvider: 'openai' };

  it.each<[string, Record<string, unknown>, string]>([
    [
      'its validator refuses',
      {
        ...BASE,
        operational: { failureHandling: { healthCheckInterval: '10s', healthCheckTimeout: '10s' } },
      },
      'operational.failureHandling.healthCheckTimeout is 10s and must be less than healthCheckInterval (10s)',
    ],
    ['its server refuses', { ...BASE, optimizer }, 'optimizer.embeddingService is required'],
    [
      'its composite tools have',
      {
        ...BASE,
        compositeTools: [{ name: 't', description: 'd', steps: [{ id: 'a', tool: 'x', condition: '{{' }] }],
      },
      'compositeTools[0].steps[0].condition is not a valid Go template',
    ],
  ])('is said about what %s, in both modes, and refused by setting', async (_, base, message) => {
    for (const source of ['inline', 'discovered']) {
      const server = virtualServer({ source });
      const deps = depsOf(documents([GROUP, server, baseConfigMap(base), entry('one')]));
      const pod = operatorMadePod({});
      const made = await injectPod(pod, 'apps', deps, context());
      expect(made.report?.notes[0]?.message).toContain(message);
      expect(annotation(made, 'report')).toContain('vmcp-will-not-start');
      const strict = { ...deps, settings: { ...deps.settings, failingConfig: 'refuse' } as const };
      expect(await injectPod(pod, 'apps', strict, context())).toMatchObject({
        decision: 'refused',
        reason: 'config-rejected',
        message: expect.stringContaining(message),
      });
    }
  });

  const withoutGroup = toolhive('VirtualMCPServer', 'team-vmcp', { incomingAuth: { type: 'anonymous' } });
  const doomedBase = baseConfigMap({ ...BASE, optimizer });
  const watching = virtualServer({ source: 'discovered' });
  // Nothing in it is made optional, so it gets no report.
  const otherContainer = JSON.parse(JSON.stringify(operatorMadePod()).replace('"vmcp"', '"other"')) as Raw;

  it.each<[reason: string, pod: Raw, objects: readonly Raw[]]>([
    ['virtual-server-unknown', operatorMadePod(), [GROUP]],
    ['group-not-named', operatorMadePod(), [GROUP, withoutGroup]],
    ['group-unknown', selfManagedPod(), []],
    ['dynamic-mode', otherContainer, [GROUP, watching]],
  ])('is said about a Pod that stays as it is (%s), and refused by setting', async (reason, pod, objects) => {
    const allow = { ...DEFAULT_INJECTION_SETTINGS, unknownGroup: 'allow' } as const;
    const deps = { ...depsOf(documents([...objects, doomedBase])), settings: allow };
    const left = await injectPod(pod, 'apps', deps, context());
    expect(left).toMatchObject({ decision: 'skipped', reason, patch: [] });
    expect(left.notes[0]).toMatchObject({ kind: 'Pod', reason: 'vmcp-will-not-start' });
    const strict = { ...deps, settings: { ...allow, failingConfig: 'refuse' } as const };
    expect(await injectPod(pod, 'apps', strict, context())).toMatchObject({
      decision: 'refused',
      reason: 'config-rejected',
      message: expect.stringContaining('optimizer.embeddingService is required'),
    });
    const sound = { ...strict, catalog: depsOf(documents([...objects, baseConfigMap()])).catalog };
    expect(await injectPod(pod, 'apps', sound, context())).toMatchObject({ decision: 'skipped', notes: [] });
    const unread = { ...strict, catalog: depsOf(documents(objects)).catalog };
    expect(await injectPod(pod, 'apps', unread, context())).toMatchObject({ decision: 'skipped', notes: [] });
  });

  it('is said about a Pod that keeps a base config into which nothing can be merged', async () => {
    const broken = { ...BASE, outgoingAuth: { source: 'inline', default: { type: 'magic' } } };
    const deps = depsOf(documents([...SERVER, baseConfigMap(broken), entry('one')]));
    const left = await injectPod(operatorMadePod(), 'apps', deps, context());
    expect(left).toMatchObject({ decision: 'skipped', reason: 'config-rejected' });
    expect(left.notes).toMatchObject([{ reason: 'vmcp-will-not-start' }]);
    const strict = { ...deps, settings: { ...deps.settings, failingConfig: 'refuse' } as const };
    expect(await injectPod(operatorMadePod(), 'apps', strict, context())).toMatchObject({
      decision: 'refused',
      message: expect.stringContaining('outgoingAuth.default.type'),
    });
  });

  it('is not looked for in a Pod that opted out: nothing is read for it', async () => {
    const catalog = { ...depsOf([]).catalog, namespace: () => expect.unreachable('the catalog was asked') };
    const settings = { ...DEFAULT_INJECTION_SETTINGS, failingConfig: 'refuse' } as const;
    const pod = operatorMadePod({ annotations: { 'vmcp-admission.dev/inject': 'disabled' } });
    const injection = await injectPod(pod, 'apps', { ...depsOf([]), catalog, settings }, context());
    expect(injection).toMatchObject({ decision: 'skipped', reason: 'opted-out', notes: [], patch: [] });
  });

  it('is not said about a config that the vMCP accepts', async () => {
    expect((await inject([baseConfigMap(), entry('one')])).report?.notes).toEqual([]);
  });
});

describe('report-trimmed', () => {
  const failed = Array.from({ length: 400 }, (_, index) => ({
    ...entry(`failed-${index}`),
    status: { phase: 'Failed' },
  }));
  const objects = [baseConfigMap(), entry('one'), ...failed];
  const withUserAnnotations = (bytes: number) => inject(objects, { note: 'x'.repeat(bytes) });

  it('is not said while the report fits', async () => {
    const injection = await withUserAnnotations(0);
    const written = JSON.parse(annotation(injection, 'report'));
    expect(written.leftOut).toHaveLength(400);
    expect(written.leftOut[0].message).toContain('kubectl describe mcpserverentry failed-0');
    expect(written.notes).toBeUndefined();
  });

  it('comes after the sentences of the report, which are shorter ones first', async () => {
    const injection = await withUserAnnotations(210_000);
    const written = JSON.parse(annotation(injection, 'report'));
    expect(written.leftOut).toHaveLength(400);
    expect(written.leftOut[0].message).toBe('The phase of the entry is not Valid.');
    expect(written.notes).toBeUndefined();
  });

  it('stands alone in the report of a Pod that has no more room', async () => {
    const injection = await withUserAnnotations(260_000);
    const written = JSON.parse(annotation(injection, 'report'));
    expect(written).toMatchObject({ group: 'team', backends: ['one'], leftOut: [] });
    expect(written.notes).toMatchObject([{ reason: 'report-trimmed' }]);
    expect(written.notes[0].message).toContain('400 backends were left out');
    // The one who asked is told everything: in warnings, in the log, and by inject.
    expect(injection.report?.leftOut).toHaveLength(400);
  });

  it('keeps the config as it is without user annotations', async () => {
    const [small, large] = [await withUserAnnotations(0), await withUserAnnotations(260_000)];
    expect(annotation(large, 'config.yaml')).toBe(annotation(small, 'config.yaml'));
  });
});

it('a note of metadata that was trimmed names how many backends it concerns', async () => {
  const heavy = toolhive(
    'MCPServer',
    'heavy',
    { groupRef: { name: 'team' }, transport: 'sse' },
    {
      metadata: { name: 'heavy', namespace: 'apps', annotations: { long: 'x'.repeat(200_000) } },
      status: { phase: 'Ready', url: 'http://heavy.apps.svc/mcp' },
    },
  );
  const { report, ...rest } = await inject([baseConfigMap(), entry('one'), heavy], {
    note: 'x'.repeat(100_000),
  });
  expect(report?.backends).toEqual(['heavy', 'one']);
  const written = JSON.parse(annotation({ report, ...rest }, 'report'));
  expect(written.notes).toMatchObject([{ reason: 'metadata-trimmed' }]);
  expect(written.notes[0].message).toContain('1 backends');
});

describe('a credential in the wrong place of a base config', () => {
  const TOKEN = 'sk-live-a1B2c3D4e5F6g7H8';
  const strategy = (more: object) => ({ outgoingAuth: { source: 'inline', default: more } });
  it.each<[what: string, config: object]>([
    [
      'the name of a variable',
      strategy({ type: 'header_injection', headerInjection: { headerName: 'A', headerValueEnv: TOKEN } }),
    ],
    ['a provider', strategy({ type: 'upstream_inject', upstreamInject: { providerName: TOKEN } })],
    ['a key', { [TOKEN]: 'x' }],
    [
      'a step',
      {
        compositeTools: [
          { name: 't', description: 'd', steps: [{ id: 'a', tool: 't', dependsOn: [TOKEN] }] },
        ],
      },
    ],
  ])('is not shown: %s', async (_, config) => {
    const { message, notes, decision } = await inject([baseConfigMap({ ...BASE, ...config })]);
    expect(decision === 'skipped' || notes.length > 0).toBe(true);
    expect(JSON.stringify([message, notes])).not.toContain(TOKEN);
  });

  it('is not shown: a key that stands twice', async () => {
    const base = baseConfigMap();
    const data = { 'config.yaml': `${TOKEN}: 1\n${TOKEN}: 2\n` };
    const { reason, message } = await inject([{ ...base, data }]);
    expect(reason).toBe('config-unparsable');
    expect(message).not.toContain(TOKEN);
  });
});
